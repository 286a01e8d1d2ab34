#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGKILL while there is a certificate to lose: renewal in every form, and the way back."""

import os
import shutil

from harness import main, pki, wait_for
from harness.namespace import skip_all

from test_crash import ENROLLED, PREVIOUS, Crash


class Renewing(Crash):
    """The old or the new certificate, whole and with its key, at any instant."""

    def prepare(self):
        self.daemon.configure(**self.enable())
        self.daemon.wait_state('enrolled')
        type(self).old = self.daemon.get('Fingerprint')

    def act(self):
        self.do(self.daemon.method, 'Renew')
        self.until(lambda: self.daemon.get('Fingerprint') != self.old
                   and self.daemon.get('State') == 'enrolled')
        self.until(lambda: not self.files_faults() and not os.path.exists(
            self.profile_file('transaction.keyfile')))

    def on_disk(self, alias):
        """The fingerprint of a whole entry."""
        self.check_entry(alias)
        return pki.fingerprint(os.path.join(self.work, 'leaf.pem'))

    def check_generations(self):
        """The old one is the certificate, or the one before it."""
        if self.on_disk(ENROLLED) != self.old:
            self.assertEqual(self.on_disk(PREVIOUS), self.old)
        elif PREVIOUS in self.entries():
            self.check_entry(PREVIOUS)

    def check_left(self):
        self.check_generations()

    def check_after(self):
        self.assertTrue(self.daemon.get('Fingerprint'))
        self.check_enrolled()
        self.check_generations()
        self.assertEqual(self.daemon.get('Fingerprint'), self.on_disk(ENROLLED))


class Renewal(Renewing):
    def test_renewal(self):
        self.run_scenario()


class Fallback(Renewing):
    """One transaction follows the other within an attempt, all with one key."""

    first_point = 'send'

    def serve(self):
        self.server.control(renewal__17='refuse', renewal__19='old')

    def test_fallback(self):
        self.run_scenario()


class RenewalPending(Renewing):
    first_point = 'send'

    def serve(self):
        self.server.control(pending=1)

    def test_renewal_pending(self):
        self.run_scenario()


class SwitchBack(Crash):
    """Both generations are there, each under one of the two names."""

    def prepare(self):
        self.daemon.configure(**self.enable())
        self.daemon.wait_state('enrolled')
        type(self).older = self.daemon.get('Fingerprint')
        self.daemon.method('Renew')
        wait_for(lambda: self.daemon.get('Fingerprint') != self.older
                 and self.daemon.get('State') == 'enrolled', self.daemon.describe)
        type(self).newer = self.daemon.get('Fingerprint')

    def act(self):
        self.do(self.daemon.method, 'SwitchBack')

    def check_left(self):
        found = []
        for alias in (ENROLLED, PREVIOUS):
            self.check_entry(alias)
            found.append(pki.fingerprint(os.path.join(self.work, 'leaf.pem')))
        switched = [self.older, self.newer]
        self.assertIn(found, [switched] if self.acknowledged else
                      [switched, [self.newer, self.older]])

    def check_after(self):
        self.check_left()
        self.check_enrolled()
        self.assertIn(self.daemon.get('Fingerprint'), (self.older, self.newer))

    def test_switch_back(self):
        self.run_scenario()


if __name__ == '__main__':
    if shutil.which('strace') is None:
        skip_all('needs: apt-get install strace')
    main()
