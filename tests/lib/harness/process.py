# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes that are looked after, and waiting for conditions."""

import os
import pwd
import signal
import subprocess
import time

from gi.repository import GLib

TIMEOUT = float(os.environ.get('SCEP_TEST_TIMEOUT', '30'))


def wait_for(condition, what='condition', timeout=None):
    """Runs the main loop until condition() is true and returns its value.

    what may be a function, called only when the time is up: what it returns
    goes into the message.
    """
    context = GLib.MainContext.default()
    deadline = time.monotonic() + (timeout or TIMEOUT)
    while True:
        while context.iteration(False):
            pass
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('timed out waiting for ' + (what() if callable(what) else what))
        wake = GLib.timeout_add(10, lambda: True)
        context.iteration(True)
        GLib.source_remove(wake)


def as_user(user, command):
    """The command as setpriv runs it for an unprivileged user; None is root."""
    if user is None:
        return list(command)
    entry = pwd.getpwnam(user)
    return ['setpriv', '--reuid', str(entry.pw_uid), '--regid', str(entry.pw_gid),
            '--clear-groups', *command]


class Process:
    """A child whose output goes to a file, so that a full pipe never blocks it."""

    def __init__(self, command, log, env=None, user=None, cwd='/'):
        self.name = os.path.basename(command[0])
        self.log_path = log
        with open(log, 'ab') as out:
            self.child = subprocess.Popen(as_user(user, command), stdin=subprocess.DEVNULL,
                                          stdout=out, stderr=out, env=env, cwd=cwd)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def check_running(self):
        if not self.running():
            raise AssertionError('%s ended with %d:\n%s' %
                                 (self.name, self.child.returncode, self.log()))

    def kill(self):
        """kill -9: what a power cut leaves is what is on the disk"""
        self.child.kill()
        self.child.wait()

    def stop(self):
        """SIGTERM; returns the exit status"""
        if self.running():
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError('%s did not end on SIGTERM:\n%s' % (self.name, self.log()))
