"""Asks the DNS. A port, so that what is checked can be tried against records of one's own."""

from typing import Protocol

import dns.exception
import dns.resolver

LIFETIME_S = 5.0


class Resolver(Protocol):
    def txt(self, name: str) -> list[str]:
        """The TXT records of a name, each as one text; empty when there are none.

        Raises:
            TimeoutError: no name server answers.
        """
        ...


class DnsResolver:
    """The name servers of this machine."""

    def txt(self, name: str) -> list[str]:
        try:
            answer = dns.resolver.resolve(name, "TXT", lifetime=LIFETIME_S)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise TimeoutError("no name server answers") from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
