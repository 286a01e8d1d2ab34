/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"
#include "private-bus.h"
#include "scep-authority-fake.h"
#include "scep-clock-fake.h"
#include "service/scep-dispatcher.h"
#include "service/scep-fd-reader.h"

G_BEGIN_DECLS

/**
 * ServiceFixture:
 *
 * A private bus and a directory, and on them what the objects of the service
 * need: every caller is root, no server answers.
 */
typedef struct {
  PrivateBus bus;
  ScepAuthorityFake *authority;
  ScepDispatcher *dispatcher;
  char *directory; /* state and configuration */
  ScepClockFake *clock;
  ScepWorker *crypto;
  ScepWorker *storage;
  ScepFdReader *reader;
  ScepKeystoreRegistry *keystores;
  ScepKeystore *keystore;
  ScepProfileContext context;
} ServiceFixture;

void service_fixture_set_up (ServiceFixture *self, gconstpointer data);
void service_fixture_tear_down (ServiceFixture *self, gconstpointer data);

BusCall *service_fixture_call (ServiceFixture *self, const char *path, const char *interface,
                               const char *method, GVariant *parameters, int fd);

G_END_DECLS
