/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-transport-facts.h"

void scep_tls_failure_set (GError **error, const ScepTransportFailure *failure,
                           const GError *cause);
