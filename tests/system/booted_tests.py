#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of an installation, in its order: run on a booted machine, never on one's own."""

import glob
import os
import re
import signal
import unittest

import tap
from booted_machine import (PORT, RESULTS, SITE, STATE, UNIT, USER, BootedTest, Site, configure,
                            describe, get, output, run, try_set, unit, wait_for_state)
from harness import BUS_NAME, INTERFACE, PATH, wait_for
from harness.raw import flood
from harness.responder import Responder

ENROLLED = '4f6fb4be587026b1287f9f65dec8356f'
PENDING = '2f009db91f448163b06e0b2620b4d574'
RENEWED = '2d16834744cf46d2608318dea611017a'
FAILED = '991a41e527e1a73f428e19e2705221c9'
EXAMPLE = '/usr/share/doc/scep-enrollment/examples/scep-enrollment-admins.rules'
RULES = '/etc/polkit-1/rules.d/50-scep-enrollment-admins.rules'
SHIFT = '/srv/build/tests/system/clock-shift.so'
SHIFT_FILE = '/run/clock-shift'
OTHERS = ('default', 'plain', 'sealed', 'slow')
PROFILES = '/etc/scep-enrollment/profiles'
LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'
MIB = 1024 * 1024


def install(name):
    run('apt-get', 'install', '--yes', '--no-install-recommends', '/srv/packages/' + name)


class Test1Installation(BootedTest):
    def test_1_nothing_is_there(self):
        self.assertNotEqual(run('busctl', 'status', BUS_NAME, check=False).returncode, 0)
        self.assertNotEqual(run('getent', 'passwd', 'scep-enrollment', check=False).returncode, 0)

    def test_2_apt_installs(self):
        install('first.deb')
        self.assertEqual(unit('ActiveState'), 'active')
        self.assertEqual(unit('UnitFileState'), 'enabled')
        self.assertIn('User=scep-enrollment', output('systemctl', 'cat', UNIT))
        self.assertEqual(output('busctl', '--no-pager', 'status', BUS_NAME).count(
            'Comm=scep-enrollment'), 1)

    def test_3_the_journal_knows_the_catalog(self):
        self.assertIn(ENROLLED, output('journalctl', '--list-catalog'))

    def test_3_shells_find_the_completions(self):
        """Where each shell of Debian looks."""
        for path in ('bash-completion/completions/scepctl', 'fish/vendor_completions.d/scepctl.fish',
                     'zsh/vendor-completions/_scepctl'):
            self.assertTrue(os.path.exists('/usr/share/' + path), path)

    def test_4_the_sandbox_is_on(self):
        with open('/proc/%s/status' % unit('MainPID')) as status:
            fields = dict(line.rstrip('\n').split(':\t', 1) for line in status if ':\t' in line)
        self.assertEqual(fields['NoNewPrivs'], '1')
        self.assertEqual(fields['Seccomp'], '2')
        for name in ('CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
            self.assertEqual(int(fields[name], 16), 0, name)
        run('systemd-analyze', 'security', '--no-pager', '--threshold=11', UNIT)

    def test_5_the_state_is_private(self):
        status = os.stat(STATE)
        self.assertEqual(status.st_mode & 0o777, 0o700)
        self.assertEqual(output('stat', '--format=%U:%G', STATE),
                         'scep-enrollment:scep-enrollment')


class Test2Callers(BootedTest):
    @classmethod
    def setUpClass(cls):
        run('groupadd', '--system', 'scep-admin')
        run('useradd', '--create-home', '--groups', 'scep-admin', USER)

    def test_1_the_first_call_starts_the_service(self):
        run('systemctl', 'stop', UNIT)
        self.assertEqual(unit('ActiveState'), 'inactive')
        self.assertEqual(get('State', user=USER), 'disabled')
        self.assertEqual(unit('ActiveState'), 'active')

    def test_2_a_user_may_look(self):
        self.assertIn('disabled', output('scepctl', 'status', user=USER))
        self.assertIn('SubjectDN', output('busctl', 'introspect', BUS_NAME, PATH, user=USER))

    def test_3_a_user_is_refused_a_change(self):
        refused = try_set('SubjectDN', 's', 'CN=somebody', user=USER)
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(refused.stderr, 'ccess denied|to authenticate')
        refused = run('scepctl', 'configure', 'SubjectDN=CN=somebody', user=USER, check=False)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertEqual(get('SubjectDN'), '')

    def test_4_a_rule_permits_his_group(self):
        run('install', '-m', '0644', EXAMPLE, RULES)
        wait_for(lambda: try_set('SubjectDN', 's', 'CN=somebody', user=USER).returncode == 0,
                 'polkit reading its rule')
        self.assertEqual(get('SubjectDN'), 'CN=somebody')
        run('scepctl', 'configure', '--reset', 'SubjectDN', user=USER)
        self.assertEqual(get('SubjectDN'), '')

    def test_5_the_rule_lets_no_key_out(self):
        run('scepctl', 'keystore', 'create', 'key', user=USER)
        refused = run('scepctl', 'keystore', 'export', 'key', '--output', '/tmp/key', user=USER,
                      check=False)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        run('scepctl', 'keystore', 'delete', 'key', user=USER)

    def test_6_no_message_of_his_ends_the_service(self):
        """Neither what is not read nor as much as is read, in the worst form."""
        before = unit('InvocationID'), unit('NRestarts'), unit('MainPID')
        owner = output('busctl', 'status', BUS_NAME, user=USER)
        name = re.search('UniqueName=(:.*)', owner).group(1)
        self.assertEqual(self.flood(BUS_NAME, length=31 * MIB), {LIMITS_EXCEEDED: 1})
        self.assertEqual(self.flood(name, length=31 * MIB, signal=True), {})
        answers = self.flood(BUS_NAME, length=MIB // 2, signature='a(gggggggg)', messages=50,
                             connections=5)
        self.assertEqual(sum(answers.values()), 50)
        self.assertNotIn('allowed', answers)
        self.assertEqual(get('State', user=USER), 'disabled')
        self.assertEqual((unit('InvocationID'), unit('NRestarts'), unit('MainPID')), before)
        with open('/proc/%s/status' % unit('MainPID')) as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith('VmHWM:'))
        print('# %d KiB at most' % peak)
        self.assertLess(peak, 80 * 1024)

    def flood(self, destination, **what):
        return flood('unix:path=/run/dbus/system_bus_socket', USER, destination, PATH, INTERFACE,
                     'Configure', **what)


class Test3Certificate(BootedTest):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        wait_for(lambda: run('ip', 'netns', 'exec', 'site', 'ss', '-Hltn', 'sport', '=',
                             ':%d' % PORT).stdout.strip(), 'the server')

    def test_1_no_network(self):
        self.site.unplug()
        configure(data=self.site.challenge, ConnectRetryInterval='5', Enabled='true',
                  **self.site.settings())
        wait_for_state('waiting')
        self.assertRegex(get('LastError'), r'\.(ServerUnreachable|Timeout)$')
        self.assertIn(SITE, get('LastErrorMessage'))
        self.assertEqual(get('NextAction'), 'retry')
        self.assert_in_journal(FAILED)

    def test_2_the_network_comes(self):
        self.site.plug()
        wait_for_state('enrolled')
        self.assert_verifies(self.site)
        self.assert_in_journal(ENROLLED)
        self.assertIn('CN=booted', output('scepctl', 'status', user=USER))

    def test_3_the_journal_explains(self):
        text = output('journalctl', '--no-pager', '--catalog', 'MESSAGE_ID=' + ENROLLED)
        self.assertIn('Nothing has to be done.', text)
        told = output('journalctl', '--no-pager', '--all', '--output=verbose', '--unit', UNIT)
        self.assertIn(ENROLLED, told)
        self.assertNotIn(self.site.challenge, told)

    def test_4_renewal(self):
        before = get('Fingerprint')
        run('scepctl', 'renew', '--wait', '--timeout', '60')
        self.assertNotEqual(get('Fingerprint'), before)
        self.assertEqual(get('State'), 'enrolled')
        self.assert_verifies(self.site)
        self.assert_in_journal(RENEWED)

    def test_5_restart(self):
        before = get('Fingerprint')
        run('systemctl', 'restart', UNIT)
        self.assertEqual(get('Fingerprint'), before)
        wait_for_state('enrolled')
        self.assert_verifies(self.site)

    def test_6_a_crash(self):
        before = get('Fingerprint')
        pid = unit('MainPID')
        os.kill(int(pid), signal.SIGKILL)
        wait_for(lambda: unit('ActiveState') == 'active' and unit('MainPID') not in ('0', pid),
                 'systemd starting it again')
        self.assertEqual(get('Fingerprint'), before)

    def test_7_reload(self):
        pid = unit('MainPID')
        os.makedirs(PROFILES, exist_ok=True)
        with open(PROFILES + '/from_file.conf', 'w') as conf:
            conf.write('[Profile]\nSubjectDN=CN=${hostname}\n')
        run('systemctl', 'reload', UNIT)
        self.assertEqual(get('SubjectDN', 'from_file'), 'CN=${hostname}')
        self.assertEqual(unit('ActiveState'), 'active')
        self.check_failed_reload()
        os.unlink(PROFILES + '/from_file.conf')
        run('systemctl', 'reload', UNIT)
        self.assertNotIn('from_file', output('scepctl', 'list'))
        self.assertEqual(unit('MainPID'), pid)

    def check_failed_reload(self):
        """It fails, names the file, and the rest is in force; nothing else happens."""
        with open(PROFILES + '/bad.conf', 'w') as conf:
            conf.write('[Profile]\nRSAKeyLength=many\n')
        with open(PROFILES + '/from_file.conf', 'w') as conf:
            conf.write('[Profile]\nSubjectDN=CN=changed\n')
        self.assertNotEqual(run('systemctl', 'reload', UNIT, check=False).returncode, 0)
        self.assertEqual(get('SubjectDN', 'from_file'), 'CN=changed')
        self.assertEqual(unit('ActiveState'), 'active')
        told = output('journalctl', '--no-pager', '--unit', UNIT)
        self.assertIn('scepctl: The configuration was read again', told)
        self.assertIn(PROFILES + '/bad.conf: RSAKeyLength', told)
        os.unlink(PROFILES + '/bad.conf')

    def test_8_challenges_from_credentials(self):
        self.add_credentials()
        run('systemctl', 'restart', UNIT)
        for profile in ('plain', 'sealed'):
            with self.subTest(profile):
                run('scepctl', 'profile', 'create', profile, 'Enabled=true',
                    *('%s=%s' % pair for pair in self.site.settings().items()))
                wait_for_state('enrolled', profile)
                self.assert_verifies(self.site, profile)

    def add_credentials(self):
        """A file for one profile, an encrypted one for the other."""
        os.makedirs('/etc/credstore', mode=0o700, exist_ok=True)
        os.makedirs('/etc/credstore.encrypted', mode=0o700, exist_ok=True)
        with open('/etc/credstore/scep-enrollment.challenge.plain', 'w') as secret:
            secret.write(self.site.challenge)
        run('systemd-creds', 'encrypt', '--with-key=host',
            '--name=scep-enrollment.challenge.sealed', '-',
            '/etc/credstore.encrypted/scep-enrollment.challenge.sealed', data=self.site.challenge)
        os.makedirs('/etc/systemd/system/%s.d' % UNIT, exist_ok=True)
        with open('/etc/systemd/system/%s.d/credentials.conf' % UNIT, 'w') as conf:
            conf.write('[Service]\nLoadCredential=scep-enrollment.challenge.plain\n'
                       'LoadCredentialEncrypted=scep-enrollment.challenge.sealed\n')
        run('systemctl', 'daemon-reload')


    def test_9_the_network_goes_and_returns(self):
        before = get('Fingerprint')
        self.site.unplug()
        run('scepctl', 'renew')
        wait_for(lambda: get('LastError'), lambda: 'an error: ' + describe())
        self.assertRegex(get('LastError'), r'\.(ServerUnreachable|Timeout)$')
        self.assertEqual(get('Fingerprint'), before)
        self.site.plug()
        wait_for(lambda: get('Fingerprint') != before, lambda: 'a renewal: ' + describe())
        wait_for_state('enrolled')
        self.assert_verifies(self.site)


class Test4Upgrade(BootedTest):
    """A new package comes while the CA has not decided yet."""

    @classmethod
    def setUpClass(cls):
        os.makedirs('/var/tmp/responder', exist_ok=True)
        cls.responder = Responder('/var/tmp/responder', '/srv/build')

    @classmethod
    def tearDownClass(cls):
        cls.responder.stop()

    def test_1_pending(self):
        self.responder.control(pending=-1)
        settings = self.responder.settings()
        challenge = settings.pop('ChallengePassword')
        run('scepctl', 'profile', 'create', 'slow')
        configure('slow', data=challenge, Enabled='true', ConnectRetryInterval='5', **settings)
        wait_for_state('pending', 'slow')
        self.assert_in_journal(PENDING, 'slow')

    def test_2_a_reload_loses_nothing(self):
        transaction = get('TransactionID', 'slow')
        with open(PROFILES + '/meanwhile.conf', 'w') as conf:
            conf.write('[Profile]\nSubjectDN=CN=meanwhile\n')
        run('systemctl', 'reload', UNIT)
        self.assertEqual(get('SubjectDN', 'meanwhile'), 'CN=meanwhile')
        self.assertEqual(get('TransactionID', 'slow'), transaction)
        self.assertEqual(get('State', 'slow'), 'pending')
        os.unlink(PROFILES + '/meanwhile.conf')
        # Not the process of a reload, too, which may be ending just now.
        run('systemctl', 'kill', '--kill-whom=main', '--signal=HUP', UNIT)
        wait_for(lambda: 'meanwhile' not in output('scepctl', 'list'), 'the end of the profile')
        self.assertEqual(get('TransactionID', 'slow'), transaction)

    def test_3_upgrade(self):
        transaction, fingerprint = get('TransactionID', 'slow'), get('Fingerprint')
        pid = unit('MainPID')
        self.assertTrue(transaction)
        install('next.deb')
        self.assertIn('+next', output('dpkg-query', '-W', 'scep-enrollment'))
        self.assertNotEqual(unit('MainPID'), pid)
        self.assertEqual(unit('ActiveState'), 'active')
        self.assertEqual(get('TransactionID', 'slow'), transaction, describe('slow'))
        self.assertEqual(get('Fingerprint'), fingerprint)

    def test_4_the_ca_decides(self):
        self.responder.control(pending=0)
        wait_for_state('enrolled', 'slow')
        asked = [request['operation'] for request in self.responder.requests()]
        self.assertIn('PKIOperation', asked)
        self.assertEqual(len({request['transactionID'] for request in
                              self.responder.requests('PKIOperation')}), 1)


class Test5Clock(BootedTest):
    """Somebody sets the clock: the daemon and its CA have one that can be set."""

    @classmethod
    def setUpClass(cls):
        for profile in OTHERS:
            configure(profile, Enabled='false')
        cls.set_clock(0)
        os.environ.update(LD_PRELOAD=SHIFT, CLOCK_SHIFT=SHIFT_FILE,
                          ASAN_OPTIONS='verify_asan_link_order=0')
        os.makedirs('/var/tmp/clock', exist_ok=True)
        cls.responder = Responder('/var/tmp/clock', '/srv/build')
        for name in ('LD_PRELOAD', 'CLOCK_SHIFT', 'ASAN_OPTIONS'):
            del os.environ[name]
        os.makedirs('/run/systemd/system/%s.d' % UNIT, exist_ok=True)
        with open('/run/systemd/system/%s.d/clock.conf' % UNIT, 'w') as conf:
            conf.write('[Service]\nEnvironment=LD_PRELOAD=%s CLOCK_SHIFT=%s\n'
                       % (SHIFT, SHIFT_FILE))
        run('systemctl', 'daemon-reload')
        run('systemctl', 'restart', UNIT)

    @classmethod
    def tearDownClass(cls):
        run('scepctl', 'profile', 'delete', 'clock')
        cls.responder.stop()
        os.unlink('/run/systemd/system/%s.d/clock.conf' % UNIT)
        run('systemctl', 'daemon-reload')
        run('systemctl', 'restart', UNIT)
        for profile in OTHERS:
            configure(profile, Enabled='true')

    @staticmethod
    def set_clock(days):
        """As many days ahead of the right time."""
        with open(SHIFT_FILE, 'w') as shift:
            shift.write('%d' % (days * 86400))

    def test_1_right(self):
        settings = self.responder.settings(SubjectDN='CN=clock')
        challenge = settings.pop('ChallengePassword')
        run('scepctl', 'profile', 'create', 'clock')
        configure('clock', data=challenge, Enabled='true', ConnectRetryInterval='5', **settings)
        wait_for_state('enrolled', 'clock')

    def test_2_ahead_it_renews(self):
        before = get('Fingerprint', 'clock')
        days = (get('NotAfter', 'clock') - get('NotBefore', 'clock')) * 9 // 10 // 86400
        self.assertGreater(days, 0)
        self.set_clock(days)
        wait_for(lambda: get('Fingerprint', 'clock') != before,
                 lambda: 'a renewal: ' + describe('clock'))
        wait_for_state('enrolled', 'clock')
        self.assert_in_journal(RENEWED, 'clock')

    def test_3_before_the_program_was_made_it_judges_nothing(self):
        before = get('Fingerprint', 'clock')
        self.set_clock(-20 * 365)
        wait_for(lambda: get('LastError', 'clock').endswith('.ClockImplausible'),
                 lambda: 'an error about the clock: ' + describe('clock'))
        self.assertRegex(get('LastErrorMessage', 'clock'),
                         r'clock of this machine shows 20\d\d-.*[Ss]et the clock')
        self.assertEqual(get('Fingerprint', 'clock'), before)
        self.assertTrue(get('NextActionTime', 'clock'))

    def test_4_right_again_it_goes_on(self):
        before = get('Fingerprint', 'clock')
        self.set_clock(400)
        wait_for(lambda: get('LastError', 'clock') == '',
                 lambda: 'the end of the error: ' + describe('clock'))
        wait_for_state('enrolled', 'clock')
        run('scepctl', '--profile', 'clock', 'renew', '--wait', '--timeout', '60')
        self.assertNotEqual(get('Fingerprint', 'clock'), before)


class Test6Watchdog(BootedTest):
    def test_a_service_that_hangs_is_started_again(self):
        folder = '/run/systemd/system/%s.d' % UNIT
        os.makedirs(folder, exist_ok=True)
        with open(folder + '/watchdog.conf', 'w') as conf:
            conf.write('[Service]\nWatchdogSec=2s\nRestartSec=100ms\n')
        run('systemctl', 'daemon-reload')
        run('systemctl', 'restart', UNIT)
        pid = unit('MainPID')
        os.kill(int(pid), signal.SIGSTOP)
        wait_for(lambda: unit('ActiveState') == 'active' and unit('MainPID') not in ('0', pid),
                 'the watchdog', 60)
        wait_for_state('enrolled')


class Test7Removal(BootedTest):
    def test_1_no_entry_says_that_the_sandbox_is_in_the_way(self):
        text = output('journalctl', '--no-pager', '--unit', UNIT, '--output=cat')
        for word in ('Operation not permitted', 'Permission denied', 'CRITICAL'):
            self.assertNotIn(word, text)

    def test_2_removing_keeps_the_keys(self):
        run('apt-get', 'remove', '--yes', 'scep-enrollment')
        self.assertNotEqual(run('busctl', 'get-property', BUS_NAME, PATH, INTERFACE, 'State',
                                check=False).returncode, 0)
        self.assertTrue(glob.glob(STATE + '/keystores/default/scep-enrolled-key-pair.keyfile'))

    def test_3_it_comes_back_with_its_certificate(self):
        install('next.deb')
        self.assertEqual(get('State'), 'enrolled')
        self.assertTrue(get('Fingerprint'))

    def test_4_purging_leaves_nothing(self):
        run('apt-get', 'purge', '--yes', 'scep-enrollment')
        for path in (STATE, '/etc/scep-enrollment',
                     '/etc/systemd/system/multi-user.target.wants/' + UNIT,
                     '/etc/systemd/system/dbus-%s.service' % BUS_NAME):
            self.assertFalse(os.path.lexists(path), path)

    def test_5_no_unit_failed(self):
        self.assertEqual(output('systemctl', '--failed', '--no-legend', '--plain'), '')


if __name__ == '__main__':
    assert os.path.isdir(RESULTS), 'this is not a machine made for the tests'
    unittest.TestCase.longMessage = True
    tap.main()
