/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-transport-facts.h"

gboolean scep_proxy_failure_blames (const ScepTransportFailure *failure);
void scep_proxy_failure_set (GError **error, const ScepTransportFailure *failure,
                             const GError *cause);
void scep_proxy_failure_set_unusable (GError **error, ScepProxy *proxy);
