/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "enroll/scep-history.h"
#include "profile-fixture.h"

/* A profile with a certificate, whose keystore writes when the test lets it. */
typedef struct {
  ProfileFixture base;
  GMutex disk; /* locked: nothing is written to the keystores */
  guint n_made;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_mutex_init (&f->disk);
  profile_fixture_set_up (&f->base, data);
  profile_fixture_close (&f->base);
  /* One thread each: what is done is done in order. */
  g_object_unref (f->base.crypto);
  f->base.crypto = scep_worker_new (1);
  f->base.keystore_storage = scep_worker_new (1);
  profile_fixture_open (&f->base);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  ScepWorker *keystore_storage = f->base.keystore_storage;

  profile_fixture_tear_down (&f->base, data);
  g_object_unref (keystore_storage);
  g_mutex_clear (&f->disk);
}

static void
wait_for_disk (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GMutex *disk = task_data;

  g_mutex_lock (disk);
  g_mutex_unlock (disk);
  g_task_return_boolean (task, TRUE);
}

static void
stop_disk (Fixture *f)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_mutex_lock (&f->disk);
  g_task_set_task_data (task, &f->disk, NULL);
  scep_worker_run (f->base.keystore_storage, task, wait_for_disk);
}

static void
do_nothing (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

/* @run: in which of its threads */
static void
drain_by (ScepWorker *worker, void (*run) (ScepWorker *, GTask *, GTaskThreadFunc))
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  run (worker, task, do_nothing);
  while (!g_task_get_completed (task))
    g_main_context_iteration (NULL, TRUE);
}

static void
drain (ScepWorker *worker)
{
  drain_by (worker, scep_worker_run);
}

/* Everything that can go on without the keystores' disk has gone on: a step takes one turn in each
 * worker at most, and a request has fewer than these. */
static void
exhaust (Fixture *f)
{
  for (guint i = 0; i < 20; i++) {
    drain (f->base.crypto);
    drain (f->base.storage);
  }
}

/* The answer to a request is there, and what it holds waits for the keystore's disk: it was
 * verified, opened with a key that works at a low priority, and judged. */
static void
receive_nth (Fixture *f, guint number)
{
  profile_fixture_wait_state (&f->base, "requesting");
  stop_disk (f);
  profile_fixture_wait_counter (&f->base.n_requests, number);
  for (guint i = 0; i < 3; i++) {
    exhaust (f);
    drain_by (f->base.crypto, scep_worker_run_low);
  }
  exhaust (f);
}

static void
receive (Fixture *f)
{
  receive_nth (f, 1);
}

static char *
get_path (Fixture *f, const char *folder, const char *name)
{
  return g_build_filename (f->base.directory, folder, SCEP_DEFAULT_ID, name, NULL);
}

static void
on_key_made (Fixture *f)
{
  f->n_made++;
}

/* Nothing names the key, and nothing is sent, while a power cut could take it away. */
static void
test_slow_disk (Fixture *f, gconstpointer data)
{
  g_autofree char *entry = get_path (f, "keystores", SCEP_ALIAS_REQUEST ".keyfile");
  g_autofree char *transaction = get_path (f, "profiles", "transaction.keyfile");
  g_autoptr (GError) error = NULL;
  guint n_before;

  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  profile_fixture_wait_state (&f->base, "enrolled");
  exhaust (f);
  n_before = scep_transport_fake_get_n_requests (f->base.transport);
  g_signal_connect_swapped (f->base.keystore, "key-made", G_CALLBACK (on_key_made), f);

  stop_disk (f);
  g_assert_true (scep_profile_enroll (f->base.profile, &error));
  profile_fixture_wait_counter (&f->n_made, 1);
  exhaust (f);
  g_assert_false (g_file_test (entry, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (transaction, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->base.transport), ==, n_before);
  g_assert_cmpstr (scep_profile_get_status (f->base.profile)->state, ==, "generating-key");

  g_mutex_unlock (&f->disk);
  profile_fixture_wait_counter (&f->base.n_enrolled, 2);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->base.transport), ==, n_before + 1);
  g_assert_cmpuint (f->n_made, ==, 1);
}

/* What is installed after the settings have changed is told before the next request begins: the
 * fixture looks at the state when it is. */
static void
test_told_late (Fixture *f, gconstpointer data)
{
  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  profile_fixture_wait_state (&f->base, "requesting");
  stop_disk (f);
  exhaust (f);
  profile_fixture_configure (&f->base, "SubjectChange", "reenroll", "SubjectDN", "CN=another",
                             NULL);
  g_assert_cmpuint (f->base.n_enrolled, ==, 0);

  g_mutex_unlock (&f->disk);
  profile_fixture_wait_counter (&f->base.n_enrolled, 1);
  profile_fixture_wait_state (&f->base, "enrolled");
}

/* What comes to be in a keystore that the profile has left is not its certificate: nobody is told,
 * and nothing of the new keystore's is disturbed. */
static void
test_moved_meanwhile (Fixture *f, gconstpointer data)
{
  const char *fingerprint;

  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  receive (f);
  profile_fixture_configure (&f->base, "KeystoreServiceTarget", "(id=other)", NULL);
  g_assert_cmpuint (f->base.n_enrolled, ==, 0);

  g_mutex_unlock (&f->disk);
  profile_fixture_wait_counter (&f->base.n_enrolled, 1);
  profile_fixture_wait_state (&f->base, "enrolled");
  exhaust (f);
  g_assert_cmpuint (f->base.n_enrolled, ==, 1);
  g_assert_cmpuint (f->base.n_requests, ==, 2);
  fingerprint = scep_profile_get_status (f->base.profile)->fingerprint;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (
        i == 0 ? f->base.keystore : f->base.other_keystore, SCEP_ALIAS_ENROLLED, NULL);

    g_assert_nonnull (entry);
    g_assert_true (
        g_str_equal (scep_certificate_get_fingerprint (scep_keystore_entry_get_certificate (entry)),
                     fingerprint) == (i == 1));
  }
}

/* A Cancel that comes too late cancels nothing: what it was about is there, and is told as ever. */
static void
test_cancelled_meanwhile (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) events = NULL;
  const ScepHistoryEvent *last;

  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  receive (f);
  scep_profile_cancel_async (f->base.profile, NULL, NULL);
  exhaust (f);
  g_assert_cmpuint (f->base.n_enrolled, ==, 0);
  g_assert_cmpstr (scep_profile_get_status (f->base.profile)->state, ==, "waiting");

  g_mutex_unlock (&f->disk);
  profile_fixture_wait_counter (&f->base.n_enrolled, 1);
  g_assert_cmpstr (scep_profile_get_status (f->base.profile)->state, ==, "enrolled");
  g_assert_cmpstr (scep_profile_get_status (f->base.profile)->last_error, ==, "");
  exhaust (f);
  g_assert_cmpuint (f->base.n_enrolled, ==, 1);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
  events = scep_profile_dup_history (f->base.profile);
  last = g_ptr_array_index (events, events->len - 1);
  g_assert_cmpstr (last->kind, ==, "enrolled");
}

/* Whom to trust was changed meanwhile: what came in between is no answer to that. */
static void
test_trust_moved_meanwhile (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  profile_fixture_wait_state (&f->base, "enrolled");
  exhaust (f);
  g_assert_true (scep_profile_enroll (f->base.profile, &error));
  receive_nth (f, 2);
  profile_fixture_configure (&f->base, "ServerEndpoint", "http://moved.example/scep", NULL);
  exhaust (f);
  g_assert_cmpuint (f->base.n_enrolled, ==, 1);

  g_mutex_unlock (&f->disk);
  profile_fixture_wait_counter (&f->base.n_requests, 3);
  profile_fixture_wait_state (&f->base, "enrolled");
}

/* A profile that was stopped does nothing more; the next start tells what came of it. */
static void
test_stopped_meanwhile (Fixture *f, gconstpointer data)
{
  g_autofree char *entry = get_path (f, "keystores", SCEP_ALIAS_ENROLLED ".keyfile");
  g_autofree char *transaction = get_path (f, "profiles", "transaction.keyfile");

  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  receive (f);
  scep_profile_stop (f->base.profile);
  g_mutex_unlock (&f->disk);
  drain (f->base.keystore_storage);
  exhaust (f);
  g_assert_true (g_file_test (entry, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (transaction, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (f->base.n_enrolled, ==, 0);
  g_assert_cmpint (scep_clock_fake_get_next (f->base.clock), ==, 0);

  profile_fixture_close (&f->base);
  profile_fixture_open (&f->base);
  g_assert_cmpuint (f->base.n_enrolled, ==, 1);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
}

static void
finish_change (Fixture *f, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (profile_fixture_wait_change (&f->base, result, &error));
  g_assert_no_error (error);
}

/* A Reset takes it away again, and nobody is told of it. */
static void
test_reset_meanwhile (Fixture *f, gconstpointer data)
{
  g_autofree char *entry = get_path (f, "keystores", SCEP_ALIAS_ENROLLED ".keyfile");
  GAsyncResult *result = NULL;

  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  receive (f);
  f->base.mood = MOOD_VANISH;
  scep_profile_reset_async (f->base.profile, profile_fixture_store_result, &result);
  g_mutex_unlock (&f->disk);
  finish_change (f, &result);
  exhaust (f);
  g_assert_cmpuint (f->base.n_enrolled, ==, 0);
  g_assert_false (g_file_test (entry, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/request-key/slow-disk", Fixture, NULL, set_up, test_slow_disk, tear_down);
  g_test_add ("/request-key/told-late", Fixture, NULL, set_up, test_told_late, tear_down);
  g_test_add ("/request-key/moved-meanwhile", Fixture, NULL, set_up, test_moved_meanwhile,
              tear_down);
  g_test_add ("/request-key/cancelled-meanwhile", Fixture, NULL, set_up, test_cancelled_meanwhile,
              tear_down);
  g_test_add ("/request-key/trust-moved-meanwhile", Fixture, NULL, set_up,
              test_trust_moved_meanwhile, tear_down);
  g_test_add ("/request-key/stopped-meanwhile", Fixture, NULL, set_up, test_stopped_meanwhile,
              tear_down);
  g_test_add ("/request-key/reset-meanwhile", Fixture, NULL, set_up, test_reset_meanwhile,
              tear_down);
  return g_test_run ();
}
