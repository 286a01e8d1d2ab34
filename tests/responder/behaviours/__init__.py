# SPDX-License-Identifier: LGPL-2.1-or-later
"""What servers do, and what comes of it: tables that are tests and documentation.

A row of quirks.py, client_bugs.py, attacks.py, words.py or trust.py says in words who does what and
how the service takes it, and in data how that is shown: either by an
expectation, which runner.py checks with the real daemon and the scriptable
responder, or by the names of tests elsewhere, or by both. document.py writes the
rows down for people (data/doc/server-behaviours.md), tests/checks/check-behaviours.py
proves that what it names is there.

A message that a server got is described by words, each of which has to be a value
in its line of the request log: 'POST 19 self right' is a posted PKCSReq whose
signer certificate is self-signed, with the right challenge. In strings of settings
and modes, {url}, {base} (without its path), {port}, {CA_PEM} and the fingerprints {CA},
{ISSUING}, {RA} and {OTHER} stand for the responder's.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Enrolls:
    """There is a certificate that OpenSSL verifies, or not, and these are the warnings."""
    sent: tuple = ('POST 19',)  # every message, or None
    asked: tuple = None         # every other request, or None
    warnings: tuple = ()
    shows: dict = field(default_factory=dict)  # properties and their values
    told: str = ''              # somewhere in the history
    after: str = ''             # the error of a first attempt that fails
    then: dict = field(default_factory=dict)   # modes set after that
    openssl: str = ''           # why it does not, somewhere in its words


@dataclass(frozen=True)
class Fails:
    """There is no certificate, but an error that says why, and a next attempt."""
    error: object               # its name, or a tuple of those of which it is one
    saying: str = ''            # somewhere in the sentence
    sent: tuple = None
    asked: tuple = None
    state: tuple = ('waiting', 'rejected')
    wait: int = 0               # seconds to the next attempt, at least


@dataclass(frozen=True)
class AwaitsTrust:
    """This certificate is offered to be confirmed, and nothing else happens before that."""
    offers: str
    accepted: bool = False      # somebody confirms it, and the enrollment goes on


@dataclass(frozen=True)
class Pends:
    """The request is pending, with a time for the next poll."""
    sent: tuple = ('POST 19',)


@dataclass(frozen=True)
class PollFails:
    """A poll comes to nothing: the transaction goes on, or ends with the refusal."""
    error: object
    then: dict = field(default_factory=dict)  # modes set once it is pending
    sent: tuple = ('POST 19', 'POST 20')
    state: tuple = ('pending',)
    saying: str = ''


@dataclass(frozen=True)
class Renews:
    """The first certificate is followed by another."""
    sent: tuple                 # every message of the renewal
    then: dict = field(default_factory=dict)  # modes set before it
    fails: int = 0              # attempts that come to nothing before it
    again: tuple = None         # every message of the renewal after it
    again_with: dict = field(default_factory=dict)  # modes set before that
    later: tuple = None         # every message of the third renewal
    later_with: dict = field(default_factory=dict)
    warnings: tuple = ()


@dataclass(frozen=True)
class RenewalFails:
    """The first certificate stays, and the error says why."""
    error: object
    then: dict = field(default_factory=dict)
    saying: str = ''
    sent: tuple = None


@dataclass(frozen=True)
class GetsCrl:
    """GetCRL after the first certificate."""
    sent: tuple = ('POST 22',)
    then: dict = field(default_factory=dict)


@dataclass(frozen=True)
class CrlFails:
    error: object
    then: dict = field(default_factory=dict)
    saying: str = ''


@dataclass(frozen=True)
class GetsCertificate:
    """GetCertificate gives the first certificate once more."""
    sent: tuple = ('POST 21',)
    then: dict = field(default_factory=dict)


@dataclass(frozen=True)
class CertificateFails:
    error: object
    then: dict = field(default_factory=dict)
    saying: str = ''


@dataclass(frozen=True)
class Checks:
    """A check of the CA certificates after the first certificate leaves these warnings."""
    asked: tuple = None
    then: dict = field(default_factory=dict)
    warnings: tuple = ()


@dataclass(frozen=True)
class RefusesSetting:
    """The settings are not taken, and the sentence says which and why."""
    saying: str


@dataclass(frozen=True)
class Behaviour:
    id: str        # for good: words of [a-z0-9] with '-' between them
    who: str       # products, or what lies between
    does: str
    reaction: str
    expect: object = None
    server: dict = field(default_factory=dict)    # options of the responder
    modes: dict = field(default_factory=dict)     # see scep-responder.c
    settings: dict = field(default_factory=dict)  # beside those that every row has
    shown: tuple = ()  # 'folder/file case', the folder below tests/


@dataclass(frozen=True)
class Chapter:
    title: str
    rows: tuple
