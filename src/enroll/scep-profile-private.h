/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-enrollment.h"

/* Of ScepProfile.layers: vendor, configuration, bus. */
#define SCEP_LAYER_INDEX_BUS 2

struct _ScepProfile {
  GObject parent_instance;

  char *id;                        /* (owned) */
  ScepKeystoreRegistry *keystores; /* (owned) */
  ScepProfileFiles *files;         /* (owned) */
  ScepEnrollment *enrollment;      /* (owned) */
  ScepSettingsLayer *layers[3];    /* (owned) (nullable) */
  ScepSettings *settings;          /* (owned) */
  GError *broken;                  /* (owned) (nullable) */
  ScepStatus *status;              /* (owned) (nullable) */
  GQueue changes;                  /* (owned) (element-type ScepChange): the first runs */
};

ScepSettings *scep_profile_combine (ScepProfile *self, ScepSettingsLayer *bus, GError **error);

/* scep-profile-change.c */
void scep_profile_forget_challenge (ScepProfile *self);
void scep_change_free (gpointer data);
