# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real polkitd, with the project's actions and rules of the test's choice."""

import json
import os
import shutil

from gi.repository import GLib

from .namespace import mount, umount
from .process import Process, wait_for

POLKITD = '/usr/lib/polkit-1/polkitd'
ACTIONS_DIR = '/usr/share/polkit-1/actions'
RULES_DIR = '/etc/polkit-1/rules.d'
AUTHORITY = ('org.freedesktop.PolicyKit1', '/org/freedesktop/PolicyKit1/Authority',
             'org.freedesktop.PolicyKit1.Authority', 'CheckAuthorization')
RULES = '''polkit.addRule(function (action, subject) {
  var answers = %s;
  if (subject.user == "%s" && action.id in answers)
    return answers[action.id];
});
'''


class Polkit:
    def __init__(self, folder, bus, policy):
        self.bus = bus
        self.folder = folder
        actions = os.path.join(folder, 'actions')
        self.rules = os.path.join(folder, 'rules.d')
        shutil.copytree(ACTIONS_DIR, actions)
        shutil.copy(policy, actions)
        os.makedirs(self.rules, mode=0o700)
        shutil.chown(self.rules, 'polkitd')
        mount('--bind', actions, ACTIONS_DIR)
        mount('--bind', self.rules, RULES_DIR)
        self.serial = 0
        self.start()

    def start(self):
        # The warnings of others are not ours: polkitd 126 warns of folders that are not there.
        env = {name: value for name, value in os.environ.items() if name != 'G_DEBUG'}
        env['DBUS_SYSTEM_BUS_ADDRESS'] = self.bus.address
        self.process = Process([POLKITD], os.path.join(self.folder, 'log'), env)
        wait_for(lambda: self.bus.owner(AUTHORITY[0]),
                 lambda: 'polkitd:\n' + self.process.log())

    def answer(self, answers, user, caller):
        """Lets polkit answer for user: {action: 'yes' | 'no'}; others keep their defaults.

        caller is a connection of that user; the function returns when polkitd
        gives these answers for it.
        """
        before = os.listdir(self.rules)
        self.serial += 1
        path = os.path.join(self.rules, '%06d.rules' % self.serial)
        with open(path + '.new', 'w') as out:
            out.write(RULES % (json.dumps(answers), user))
        os.chmod(path + '.new', 0o644)
        os.rename(path + '.new', path)
        for name in before:
            os.unlink(os.path.join(self.rules, name))
        for action in self.actions():
            expected = answers.get(action, 'challenge')
            wait_for(lambda: self.check(action, caller.name) == expected,
                     'polkitd to answer %s with %s' % (action, expected))

    def actions(self):
        reply = self.bus.call(*AUTHORITY[:3], 'EnumerateActions', GLib.Variant('(s)', ('',)))
        return [action[0] for action in reply.unpack()[0]
                if action[0].startswith('org.example.SCEPEnrollment.')]

    def check(self, action, name):
        """What polkitd says of the bus name: yes, no or challenge."""
        subject = ('system-bus-name', {'name': GLib.Variant('s', name)})
        reply = self.bus.call(*AUTHORITY, GLib.Variant('((sa{sv})sa{ss}us)',
                                                       (subject, action, {}, 0, '')))
        yes, challenge, _ = reply.unpack()[0]
        return 'yes' if yes else 'challenge' if challenge else 'no'

    def stop(self):
        self.process.stop()
        umount(ACTIONS_DIR)
        umount(RULES_DIR)
