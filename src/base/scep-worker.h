/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SCEP_TYPE_WORKER (scep_worker_get_type ())
G_DECLARE_FINAL_TYPE (ScepWorker, scep_worker, SCEP, WORKER, GObject)

ScepWorker *scep_worker_new (guint n_threads);
void scep_worker_run (ScepWorker *self, GTask *task, GTaskThreadFunc func);
void scep_worker_run_low (ScepWorker *self, GTask *task, GTaskThreadFunc func);
void scep_worker_run_background (ScepWorker *self, GTask *task, GTaskThreadFunc func);
void scep_worker_finish (ScepWorker *self);

G_END_DECLS
