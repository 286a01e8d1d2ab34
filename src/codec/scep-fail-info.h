/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-signed-data.h"

char *scep_fail_info_describe_words (ScepSignedData *message);
GError *scep_fail_info_read (ScepSignedData *message);
