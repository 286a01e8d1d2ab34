# SPDX-License-Identifier: LGPL-2.1-or-later
"""What strace saw of a daemon: the calls that make state durable, and what was sent."""

import os
import re

SYSCALLS = ('open,openat,creat,fsync,fdatasync,syncfs,rename,renameat,renameat2,link,linkat,unlink,'
            'unlinkat,mkdir,mkdirat,rmdir,write,writev,sendto,sendmsg')
NAMES = {'open': 'create', 'openat': 'create', 'creat': 'create', 'fdatasync': 'fsync',
         'renameat': 'rename', 'renameat2': 'rename', 'linkat': 'link', 'unlinkat': 'unlink',
         'rmdir': 'unlink', 'mkdirat': 'mkdir'}
CALL = re.compile(r'^(\d+) +(\w+)\((.*)$')
RESUMED = re.compile(r'^(\d+) +<\.\.\. (\w+) resumed>(.*)$')


def command(path, user):
    """What root runs before the daemon's own command; -D: the daemon stays our child."""
    return ['strace', '-D', '-u', user, '-f', '-yy', '-s', '300', '-e', 'trace=' + SYSCALLS,
            '-e', 'signal=none', '-o', path]


def joined(text):
    """The calls in the order in which they ended, what is sent when it began."""
    begun = {}
    for line in text.splitlines():
        resumed = RESUMED.match(line)
        if resumed:
            yield begun.pop(resumed[1], '') + resumed[3]
        elif line.endswith(' <unfinished ...>'):
            line = line[:-len(' <unfinished ...>')]
            if 'operation=PKIOperation' in line:
                yield line
            else:
                begun[line.split(' ', 1)[0]] = line
        else:
            yield line


class Event:
    """call: create, fsync, syncfs, rename, link, unlink, mkdir or send

    name: below the state directory; of syncfs, something on the file system that it syncs
    """

    def __init__(self, call, name, old=None, failed=False):
        self.call = call
        self.name = name
        self.old = old
        self.failed = failed

    def __repr__(self):
        return '%s %s' % (self.call, self.name)


def paths(arguments):
    """The paths among the arguments, those below a descriptor's path joined to it."""
    found = []
    for match in re.finditer(r'(?:(?:\d+|AT_FDCWD)<([^>]*)>(?:\(deleted\))?, )?"((?:[^"\\]|\\.)*)"',
                             arguments):
        found.append(os.path.join(match[1] or '/', match[2]))
    return found


def event_of(call, arguments, state):
    failed = re.search(r'= -1 E\w+', arguments) is not None
    if call in ('write', 'writev', 'sendto', 'sendmsg'):
        sent = re.match(r'\d+<TCP(?:v6)?:', arguments) and 'operation=PKIOperation' in arguments
        return Event('send', 'PKIOperation') if sent else None
    if call in ('open', 'openat', 'creat') and 'O_CREAT' not in arguments:
        return None
    if call in ('fsync', 'fdatasync', 'syncfs'):
        found = re.match(r'\d+<([^>]*)>', arguments)
        touched = [found[1]] if found else []
    else:
        touched = paths(arguments)
    names = [os.path.relpath(path, state) for path in touched]
    if not names or names[-1].startswith('../'):
        return None
    return Event(NAMES.get(call, call), names[-1], names[0] if len(names) > 1 else None,
                 failed)


def events(text, state):
    found = []
    for line in joined(text):
        match = CALL.match(line)
        event = event_of(match[2], match[3], state) if match else None
        if event is not None:
            found.append(event)
    return found


def is_temporary(name):
    return os.path.basename(name).startswith('.tmp-')


def order_faults(found):
    """What a power cut could turn against us, as sentences; none is as it should be."""
    faults = []
    synced = set()          # files whose contents are on disk
    unsynced = {}           # directory: what was last done to its names
    for event in found:
        if event.failed:
            continue
        directory = os.path.dirname(event.name) or '.'
        if event.call == 'fsync':
            synced.add(event.name)
            unsynced.pop(event.name, None)
        elif event.call == 'syncfs':
            unsynced.clear()
        elif event.call == 'send':
            faults += ['a request was sent before the fsync of %s after %r' % (folder, done)
                       for folder, done in unsynced.items()]
        elif event.call in ('create', 'link'):
            # What has another name already was synced under that one.
            (synced.add if event.call == 'link' else synced.discard)(event.name)
        elif event.call == 'rename':
            if is_temporary(event.old) and event.old not in synced:
                faults.append('%r came before the fsync of %s' % (event, event.old))
            if directory in unsynced:
                faults.append('%r came before the fsync after %r' % (event, unsynced[directory]))
            unsynced[directory] = event
            old_directory = os.path.dirname(event.old) or '.'
            unsynced[old_directory] = event
        elif not is_temporary(event.name):
            unsynced.pop(event.name, None)
            unsynced[directory] = event
    faults += ['no fsync of %s after %r' % item for item in unsynced.items()]
    return faults


def sent_before_sync(found, directory):
    """Whether a request went out while the names in directory were only in memory."""
    for event in found:
        if event.call == 'syncfs' or event.call == 'fsync' and event.name == directory:
            return False
        if event.call == 'send':
            return True
    return False
