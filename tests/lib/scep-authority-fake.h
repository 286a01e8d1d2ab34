/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-authority.h"

G_BEGIN_DECLS

/**
 * ScepAuthorityFake:
 *
 * Says what a test tells it to say, and when.
 */
#define SCEP_TYPE_AUTHORITY_FAKE (scep_authority_fake_get_type ())
G_DECLARE_FINAL_TYPE (ScepAuthorityFake, scep_authority_fake, SCEP, AUTHORITY_FAKE, GObject)

struct _ScepAuthorityFake {
  GObject parent_instance;

  gboolean privileged;       /* everybody is root */
  GHashTable *users;         /* (unowned) (nullable) (element-type utf8 uid): else all are one */
  gboolean hold_identity;    /* strangers wait for scep_authority_fake_identify() */
  ScepAuthorization verdict; /* on every check */
  const char *denied;        /* (nullable): an action that is denied whatever @verdict is */
  gboolean hold_persons;     /* the same for those that let a person be asked; others challenge */
  gboolean hold;             /* checks wait for scep_authority_fake_release() */
  guint n_identified;
  guint n_cancelled;   /* checks that were cancelled while they waited */
  guint n_interactive; /* checks that let a person be asked */
  GString *asked;      /* actions in the order of the checks, a space after each */
  GQueue held;         /* (element-type GTask) */
  GQueue strangers;    /* (element-type GTask) */
};

ScepAuthorityFake *scep_authority_fake_new (void);
void scep_authority_fake_release (ScepAuthorityFake *self);
void scep_authority_fake_identify (ScepAuthorityFake *self, guint32 user);

G_END_DECLS
