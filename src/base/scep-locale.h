/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

void scep_locale_init (void);
