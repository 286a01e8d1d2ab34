# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs unittest cases and writes TAP, one line for each test and sub-test."""

import os
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    """A test with sub-tests counts as its sub-tests."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream
        self.count = 0
        self.with_subtests = set()

    def say(self, verdict, test, note=''):
        self.count += 1
        name = test.id().replace('__main__.', '').replace('#', '')
        self.stream.write('%s %d - %s%s\n' % (verdict, self.count, name, note))
        self.stream.flush()

    def explain(self, test, error):
        """Also on standard error: of a program that writes TAP, meson shows that alone."""
        text = ''.join(traceback.format_exception(*error))
        for line in text.splitlines():
            self.stream.write('# %s\n' % line)
        sys.stderr.write('%s\n%s' % (test.id(), text))

    def addSuccess(self, test):
        if test.id() not in self.with_subtests:
            self.say('ok', test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say('not ok', test)
        self.explain(test, error)

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        self.with_subtests.add(test.id())
        if error is None:
            self.say('ok', subtest)
        else:
            self.addFailure(subtest, error)

    def addSkip(self, test, reason):
        if os.environ.get('CI') == 'true':
            super().addFailure(test, (AssertionError, AssertionError('skipped: ' + reason), None))
            self.say('not ok', test, ' (CI=true: a skip is a failure) ' + reason)
        else:
            self.say('ok', test, ' # SKIP ' + reason)


def main():
    """As unittest.main(): arguments are names of tests, none is all of them."""
    loader = unittest.TestLoader()
    module = sys.modules['__main__']
    suite = (loader.loadTestsFromNames(sys.argv[1:], module) if sys.argv[1:]
             else loader.loadTestsFromModule(module))
    result = TapResult(sys.stdout)
    suite.run(result)
    sys.stdout.write('1..%d\n' % result.count)
    sys.exit(0 if result.wasSuccessful() else 1)
