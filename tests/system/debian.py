# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Debian in a folder, made once and kept, and a boot of it that leaves no traces."""

import contextlib
import glob
import hashlib
import os
import re
import shutil
import subprocess

SUITE = 'bookworm'
# What the tests need beside what the package depends on.
PACKAGES = ('systemd', 'systemd-sysv', 'dbus', 'polkitd', 'network-manager', 'scep', 'openssl',
            'iproute2', 'libglib2.0-bin', 'python3', 'python3-gi', 'util-linux', 'libasan8',
            'libubsan1')
# Settings of the host's apt without which it might not reach its archive.
APT_SETTINGS = ('Acquire::http::Proxy', 'Acquire::https::Proxy', 'Acquire::Check-Valid-Until',
                'Acquire::Check-Date')


def cache_folder():
    base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    return os.path.join(base, 'scep-enrollment')


def dependencies(deb):
    """Names of the packages without which the package cannot be installed."""
    text = subprocess.run(['dpkg-deb', '--field', deb, 'Depends'], check=True,
                          capture_output=True, text=True).stdout
    names = [re.match(r'[a-z0-9][a-z0-9.+-]*', part.strip()).group(0)
             for part in text.split(',') if part.strip()]
    return [name for name in names if name != 'dbus-system-bus']


def sources():
    """Where the host gets its Debian from, if it is the same."""
    for path in ('/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'):
        if os.path.exists(path):
            with open(path) as source:
                if SUITE in source.read():
                    return [path]
    return []


def apt_options():
    dump = subprocess.run(['apt-config', 'dump'], capture_output=True, text=True).stdout
    for line in dump.splitlines():
        name, _, value = line.partition(' ')
        if name in APT_SETTINGS and value != '"";':
            yield '--aptopt=%s %s' % (name, value)


def make(deb, log):
    """Returns the folder; a few minutes the first time, nothing after that."""
    packages = sorted({*PACKAGES, *dependencies(deb)})
    key = hashlib.sha256(' '.join([SUITE, *packages]).encode()).hexdigest()[:16]
    folder = os.path.join(cache_folder(), 'debian-' + key)
    if os.path.isdir(folder):
        return folder
    for old in glob.glob(os.path.join(cache_folder(), 'debian-*')):
        shutil.rmtree(old)
    os.makedirs(cache_folder(), exist_ok=True)
    making = folder + '.new'
    subprocess.run(['mmdebstrap', '--variant=minbase', '--include=' + ','.join(packages),
                    *apt_options(), SUITE, making, *sources()],
                   check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    os.rename(making, folder)
    return folder


@contextlib.contextmanager
def changed(folder, scratch):
    """A copy to be changed, of which only the changes take place; ends with the context."""
    upper, work, merged = (os.path.join(scratch, name) for name in ('upper', 'work', 'merged'))
    for path in (upper, work, merged):
        os.makedirs(path)
    subprocess.run(['mount', '-t', 'overlay', 'scep-test', '-o', 'lowerdir=%s,upperdir=%s,'
                    'workdir=%s' % (folder, upper, work), merged], check=True)
    try:
        yield merged
    finally:
        subprocess.run(['umount', merged], check=True)


def inside(folder, log, binds, *command):
    """Runs a command in a Debian that is not booted."""
    subprocess.run(['systemd-nspawn', '--quiet', '--directory=' + folder, '--private-network',
                    '--register=no', '--keep-unit', '--pipe', '--as-pid2',
                    *('--bind%s=%s:%s' % bind for bind in binds), '--', *command],
                   check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=300,
                   env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY='1'))


def boot(folder, unit, binds, console, timeout, volatile='overlay'):
    """Boots until the machine switches itself off; whatever it writes is thrown away.

    unit is the path of a unit that is started when the machine is up; volatile is
    "state" for a root that is read-only with an empty /var. Returns whether it was
    over in time.
    """
    name = os.path.basename(unit)
    command = ['systemd-nspawn', '--quiet', '--directory=' + folder, '--volatile=' + volatile,
               '--private-network', '--register=no', '--keep-unit', '--boot',
               '--machine=scep-test', '--console=read-only',
               '--bind-ro=%s:/etc/systemd/system/%s' % (unit, name)]
    command += ['--bind%s=%s:%s' % bind for bind in binds]
    child = subprocess.Popen([*command, '--', 'systemd.wants=' + name],
                             env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY='1'),
                             stdin=subprocess.DEVNULL, stdout=console, stderr=console)
    try:
        child.wait(timeout)
        return True
    except subprocess.TimeoutExpired:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        return False
