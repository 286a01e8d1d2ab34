/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-enrollment.h"
#include "enroll/scep-saved.h"

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
  GBytes *challenge;               /* (owned) (nullable): of a file or a credential */
  GError *challenge_error;         /* (owned) (nullable): why it could not be read */
  GError *broken;                  /* (owned) (nullable) */
  ScepStatus *status;              /* (owned) (nullable) */
  GQueue changes;                  /* (owned) (element-type ScepChange): the first runs */
};

/* What the files of a profile say. All of it is owned. */
typedef struct {
  ScepSettingsLayer *layers[3];
  GBytes *challenge; /* (nullable): of a file or a credential */
  GError *challenge_error;
  ScepSettings *settings;
  ScepSaved *saved;    /* (nullable): where it was asked for */
  GError *saved_error; /* (nullable): why there is none */
} ScepLoaded;

/* scep-profile.c */
void scep_profile_update_status (ScepProfile *self);

/* scep-profile-load.c */
void scep_loaded_free (ScepLoaded *loaded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepLoaded, scep_loaded_free)
ScepSettings *scep_profile_combine (ScepSettingsLayer *const *layers, GBytes *challenge,
                                    const GError *challenge_error, GError **error);
ScepLoaded *scep_profile_read (ScepProfileFiles *files, gboolean with_state, GError **error);
void scep_profile_read_async (ScepProfileFiles *files, gboolean with_state,
                              GAsyncReadyCallback callback, gpointer user_data);
ScepLoaded *scep_profile_read_finish (GAsyncResult *result, GError **error);
void scep_profile_take_settings (ScepProfile *self, ScepLoaded *loaded);
void scep_profile_take_state (ScepProfile *self, ScepLoaded *loaded);
void scep_profile_set_broken (ScepProfile *self, const GError *error);

/* scep-profile-change.c */
void scep_profile_forget_challenge (ScepProfile *self);
void scep_change_free (gpointer data);
