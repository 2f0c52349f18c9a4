"""Reports as mail servers and mailboxes write them, about a mail of ours."""

from uuid import UUID

BOUNCE = """\
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
To: orders@mail.northkettle.example
Subject: Undelivered Mail Returned to Sender
Date: Thu, 14 May 2026 10:00:05 +0000
Message-ID: <20260514100005.1@mx.example.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Thu, 14 May 2026 10:00:01 +0000

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b1
Content-Type: {quoted}

Return-Path: <orders@mail.northkettle.example>
From: Northkettle <orders@mail.northkettle.example>
To: {address}
Subject: Order 1042 is confirmed
Message-ID: <{attempt}@mail.northkettle.example>

--b1--
"""

COMPLAINT = """\
From: feedback@isp.example
To: abuse@northkettle.example
Subject: FW: Order 1042 is confirmed
Date: Thu, 14 May 2026 11:00:00 +0000
Message-ID: <arf1@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is an email abuse report.

--b2
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeISP/1.0
Version: 1
Original-Rcpt-To: <{address}>

--b2
Content-Type: message/rfc822

From: Northkettle <orders@mail.northkettle.example>
To: {address}
Subject: Order 1042 is confirmed
Message-ID: <{attempt}@mail.northkettle.example>

Thank you.
--b2--
"""


def bounce(
    attempt: UUID | str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    quoted: str = "text/rfc822-headers",
    address: str = "mia@example.com",
    said: str | None = None,
) -> bytes:
    """`said`: what the mailbox's server answered; by default that there is no such user."""
    said = f"550 {status} <{address}>: no such user here" if said is None else said
    told = {"attempt": attempt, "action": action, "status": status, "quoted": quoted, "address": address, "said": said}
    return BOUNCE.format(**told).replace("\n", "\r\n").encode()


def complaint(attempt: UUID | str, *, feedback: str = "abuse", address: str = "mia@example.com") -> bytes:
    return COMPLAINT.format(attempt=attempt, feedback=feedback, address=address).encode()
