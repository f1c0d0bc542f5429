"""Mail that SNS would send, as files: MiniStack accepts `email` subscriptions and sends nothing.

The directory is in `MAIL`; one file for each message, in order.
"""

import itertools
import os
import pathlib

from ministack.services import sns

NUMBERS = itertools.count(1)


def install() -> None:
    plain = sns._fanout

    def fan_out(topic_arn, message_id, message, subject, message_structure="", *rest, **named):
        plain(topic_arn, message_id, message, subject, message_structure, *rest, **named)
        topic = sns._topic_by_arn_any_scope(topic_arn)
        for subscription in (topic or {}).get("subscriptions", []):
            if subscription.get("confirmed") and subscription.get("protocol") in ("email", "email-json"):
                body = sns._resolve_message_for_protocol(message, message_structure, subscription["protocol"])
                write(subscription.get("endpoint", ""), topic_arn, subject, body)

    sns._fanout = fan_out


def write(recipient: str, topic_arn: str, subject: str | None, body: str) -> None:
    directory = os.environ.get("MAIL")
    if not directory:
        return
    letter = f"To: {recipient}\nTopic: {topic_arn}\nSubject: {subject or 'AWS Notification Message'}\n\n{body}\n"
    (pathlib.Path(directory) / f"{next(NUMBERS):04}.txt").write_text(letter, encoding="utf-8")
