/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"

void scep_journal_watch (ScepProfile *profile);
