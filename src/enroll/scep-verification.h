/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "codec/scep-cert-rep.h"

void scep_verification_run (ScepWorker *crypto, GBytes *body,
                            const ScepCertRepExpectation *expectation, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
ScepCertRep *scep_verification_finish (GAsyncResult *result, GError **error);
