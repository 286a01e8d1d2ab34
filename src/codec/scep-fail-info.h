/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-signed-data.h"

GError *scep_fail_info_read (ScepSignedData *message);
