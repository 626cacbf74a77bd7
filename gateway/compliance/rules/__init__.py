"""Kinds of rules, one file a kind or a family. A new kind is a class here and a line in KINDS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gateway.compliance.rule import Kind
from gateway.compliance.rules.age import AgeRule
from gateway.compliance.rules.agreed_hours import AgreedHoursRule
from gateway.compliance.rules.condition import ConditionRule
from gateway.compliance.rules.consent import ConsentRule
from gateway.compliance.rules.content import ContentRule
from gateway.compliance.rules.duty import DutyRule
from gateway.compliance.rules.election import AfterVoteRule, ElectionRule
from gateway.compliance.rules.frequency import FrequencyRule
from gateway.compliance.rules.heard import AnswerRule, RefusalRule, RestartRule
from gateway.compliance.rules.once import OnceRule
from gateway.compliance.rules.requires import RequiresRule
from gateway.compliance.rules.retention import RetentionRule
from gateway.compliance.rules.sender import NetworkRule, SenderRule
from gateway.compliance.rules.silence import CampaignPeriodRule, SilenceRule
from gateway.compliance.rules.targeting import CriteriaRule, ExemptionRule, TargetingRule
from gateway.compliance.rules.threshold import ThresholdRule
from gateway.compliance.rules.window import WindowRule
from gateway.compliance.rules.words import ColumnsRule, WordsRule

KINDS: Mapping[str, type[Kind[Any]]] = MappingProxyType(
    {
        "after_vote": AfterVoteRule,
        "age": AgeRule,
        "agreed_hours": AgreedHoursRule,
        "answer": AnswerRule,
        "campaign_period": CampaignPeriodRule,
        "columns": ColumnsRule,
        "condition": ConditionRule,
        "consent": ConsentRule,
        "content": ContentRule,
        "criteria": CriteriaRule,
        "duty": DutyRule,
        "election": ElectionRule,
        "exemption": ExemptionRule,
        "frequency": FrequencyRule,
        "network": NetworkRule,
        "once": OnceRule,
        "refusal": RefusalRule,
        "requires": RequiresRule,
        "restart": RestartRule,
        "retention": RetentionRule,
        "sender": SenderRule,
        "silence": SilenceRule,
        "targeting": TargetingRule,
        "threshold": ThresholdRule,
        "window": WindowRule,
        "words": WordsRule,
    }
)
