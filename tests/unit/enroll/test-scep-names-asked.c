/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-names-asked.h"

#include "base/scep-error.h"
#include "enroll/scep-history.h"
#include "profile-fixture.h"

#define OUTDATED "subject-outdated"
#define KEPT "It is renewed with those it has"

/* (nullable): of this machine; %NULL where it is not known */
static const char *host_name;

static char *
look_up (ScepTemplateVariable variable, const char *argument, gpointer user_data, GError **error)
{
  g_assert_cmpint (variable, ==, SCEP_TEMPLATE_HOSTNAME);
  if (host_name == NULL)
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED, "“${hostname}” has no value.");
  return g_strdup (host_name);
}

static const ScepTemplateSource source = { look_up, NULL };

static void
set_up (ProfileFixture *fixture, gconstpointer data)
{
  host_name = "gw-1";
  fixture->templates = &source;
  profile_fixture_set_up (fixture, data);
  profile_fixture_configure (fixture, "SubjectDN", "CN=${hostname},O=Plant", NULL);
}

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static gboolean
is_outdated (ProfileFixture *fixture)
{
  return g_strv_contains ((const char *const *) get_status (fixture)->warnings, OUTDATED);
}

/* The times that @words were told of other names. */
static guint
count_told (ProfileFixture *fixture, const char *words)
{
  g_autoptr (GPtrArray) events = scep_profile_dup_history (fixture->profile);
  guint n = 0;

  for (guint i = 0; i < events->len; i++) {
    ScepHistoryEvent *event = g_ptr_array_index (events, i);
    const char *message = g_hash_table_lookup (event->details, SCEP_DETAIL_MESSAGE);

    if (g_str_equal (event->kind, SCEP_EVENT_KIND_SUBJECT_OUTDATED))
      n += strstr (message, words) != NULL ? 1 : 0;
  }
  return n;
}

static guint
count_events (ProfileFixture *fixture)
{
  return count_told (fixture, "");
}

static void
begin (ProfileFixture *fixture)
{
  profile_fixture_configure (fixture, "ServerEndpoint", "http://ca.test/scep", "ChallengePassword",
                             "secret", "CARootFingerprint", profile_fixture_get_pin (fixture),
                             "Enabled", "true", NULL);
}

static void
enroll (ProfileFixture *fixture)
{
  begin (fixture);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
  g_assert_false (is_outdated (fixture));
  g_string_truncate (fixture->requests, 0);
}

static void
check (ProfileFixture *fixture)
{
  guint before = fixture->n_bootstraps;

  while (!scep_profile_check (fixture->profile, NULL))
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_wait_counter (&fixture->n_bootstraps, before + 1);
}

static void
renew (ProfileFixture *fixture)
{
  guint before = fixture->n_renewed;
  g_autoptr (GError) error = NULL;

  while (!scep_profile_renew (fixture->profile, &error)) {
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
    g_clear_error (&error);
    g_main_context_iteration (NULL, TRUE);
  }
  profile_fixture_wait_counter (&fixture->n_renewed, before + 1);
}

static void
reopen (ProfileFixture *fixture)
{
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
}

static void
assert_names_equal (const char *a, const char *b, gboolean expected)
{
  g_assert_cmpint (scep_names_equal (a, b), ==, expected);
  g_assert_cmpint (scep_names_equal (b, a), ==, expected);
}

/* Names are compared, not how they are written. */
static void
test_equal (void)
{
  assert_names_equal ("CN=gw-1,O=Plant", "CN=gw-1,O=Plant", TRUE);
  assert_names_equal ("CN=gw-1,O=Plant", "cn=gw-1, o=Plant", TRUE);
  assert_names_equal ("CN=gw-1,O=Plant", "CN=GW-1,O=Plant", TRUE);
  assert_names_equal ("CN=gw-1,O=Plant", "2.5.4.3=gw-1,O=\\50lant", TRUE);
  assert_names_equal ("CN=gw-1,O=Plant", "O=Plant,CN=gw-1", FALSE);
  assert_names_equal ("CN=gw-1,O=Plant", "CN=gw-2,O=Plant", FALSE);
  assert_names_equal ("CN=gw-1\nDNS:a\nIP:::1", "CN=gw-1\nip:0:0:0:0:0:0:0:1\nDNS:A", TRUE);
  assert_names_equal ("CN=gw-1\nDNS:a", "CN=gw-1", FALSE);
  assert_names_equal ("CN=gw-1\nDNS:a", "CN=gw-1\nDNS:a\nDNS:b", FALSE);
  assert_names_equal ("", "CN=gw-1", FALSE);
  assert_names_equal ("", "", TRUE);
  assert_names_equal ("what\nnobody", "what\nnobody", TRUE);
  assert_names_equal ("what\nnobody", "can\nread", FALSE);
}

/* A setting that says the same in another way is no other name. */
static void
test_spelled_otherwise (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_configure (fixture, "SubjectDN", "cn=${hostname}, o=Plant", NULL);
  check (fixture);
  g_assert_false (is_outdated (fixture));
  g_assert_cmpuint (count_events (fixture), ==, 0);
}

/* No value is no empty name: nothing is asked for, and that is told. */
static void
test_no_value (ProfileFixture *fixture, gconstpointer data)
{
  host_name = NULL;
  begin (fixture);
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_NOT_CONFIGURED);
  g_assert_nonnull (strstr (get_status (fixture)->last_error_message, "${hostname}"));
  g_assert_cmpuint (fixture->n_requests, ==, 0);
  host_name = "gw-1";
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
}

/* Where nobody knows the machine, the profile still knows itself. */
static void
test_no_source (ProfileFixture *fixture, gconstpointer data)
{
  fixture->templates = NULL;
  reopen (fixture);
  begin (fixture);
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_NOT_CONFIGURED);
  profile_fixture_configure (fixture, "SubjectDN", "CN=${profile}", NULL);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=default");
}

static void
test_warn (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  host_name = "gw-2";
  check (fixture);
  g_assert_true (is_outdated (fixture));
  check (fixture);
  reopen (fixture);
  g_assert_true (is_outdated (fixture));
  g_assert_cmpuint (count_events (fixture), ==, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "");

  /* What has no value just now is no other name. */
  host_name = NULL;
  renew (fixture);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
  reopen (fixture);
  g_assert_false (is_outdated (fixture));

  host_name = "gw-3";
  check (fixture);
  g_assert_cmpuint (count_events (fixture), ==, 2);
  host_name = "gw-1";
  check (fixture);
  g_assert_false (is_outdated (fixture));
  host_name = "gw-4";
  check (fixture);
  g_assert_cmpuint (count_events (fixture), ==, 3);
}

/* Who asks for another certificate gets the names of today. */
static void
test_enroll (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  host_name = "gw-2";
  g_assert_true (scep_profile_enroll (fixture->profile, NULL));
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-2,O=Plant");
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_false (is_outdated (fixture));
  renew (fixture);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-2,O=Plant");
}

static void
test_keep (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_configure (fixture, "SubjectChange", "keep", NULL);
  enroll (fixture);
  host_name = "gw-2";
  check (fixture);
  g_assert_false (is_outdated (fixture));
  renew (fixture);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
  g_assert_cmpuint (count_events (fixture), ==, 0);
}

static void
test_reenroll (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  host_name = "gw-2";
  profile_fixture_configure (fixture, "SubjectChange", "reenroll", NULL);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-2,O=Plant");
  g_assert_false (is_outdated (fixture));
  check (fixture);
  reopen (fixture);
  g_assert_cmpstr (fixture->requests->str, ==, "19c");
  g_assert_cmpuint (count_told (fixture, KEPT), ==, 0);
  g_assert_cmpuint (count_told (fixture, "“CN=gw-2,O=Plant”. One with these is requested"), ==, 1);
}

/* Without another challenge a new request would end in nothing but a loss. */
static void
test_spent (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_configure (fixture, "ChallengePasswordOneTime", "true", "SubjectChange",
                             "reenroll", NULL);
  enroll (fixture);
  while (get_status (fixture)->challenge_set)
    g_main_context_iteration (NULL, TRUE);
  host_name = "gw-2";
  check (fixture);
  g_assert_true (is_outdated (fixture));
  g_assert_cmpstr (fixture->requests->str, ==, "");
  g_assert_cmpuint (count_told (fixture, KEPT), ==, 1);
  renew (fixture);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
  profile_fixture_configure (fixture, "ChallengePassword", "another", NULL);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-2,O=Plant");
}

static void
test_setting (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_configure (fixture, "SubjectDN", "CN=another", NULL);
  g_assert_true (is_outdated (fixture));
  g_assert_cmpuint (count_events (fixture), ==, 1);
  renew (fixture);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
  profile_fixture_configure (fixture, "SubjectDN", "CN=${hostname},O=Plant", NULL);
  g_assert_false (is_outdated (fixture));
}

/* Each generation has its own names. */
static void
test_switch_back (ProfileFixture *fixture, gconstpointer data)
{
  GAsyncResult *result = NULL;

  enroll (fixture);
  host_name = "gw-2";
  g_assert_true (scep_profile_enroll (fixture->profile, NULL));
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  profile_fixture_wait_state (fixture, "enrolled");
  scep_profile_switch_back_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, NULL));
  g_assert_true (is_outdated (fixture));
  renew (fixture);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
}

/* What was asked for is known after a restart, too. */
static void
test_pending (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_DELAY;
  begin (fixture);
  profile_fixture_wait_state (fixture, "pending");
  host_name = "gw-2";
  reopen (fixture);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=gw-1,O=Plant");
  g_assert_true (is_outdated (fixture));
}

static void
check_join (const char *const *names, const char *text)
{
  g_autofree char *joined = scep_names_join (names);
  g_auto (GStrv) split = scep_names_split (text);

  g_assert_cmpstr (joined, ==, text);
  g_assert_true (g_strv_equal ((const char *const *) split, names));
}

static void
test_join (ProfileFixture *fixture, gconstpointer data)
{
  check_join ((const char *const[]){ "", NULL }, "");
  check_join ((const char *const[]){ "", "DNS:a", NULL }, "\nDNS:a");
  check_join ((const char *const[]){ "CN=a;b", "DNS:a", "URI:x;y", NULL },
              "CN=a;b\nDNS:a\nURI:x;y");
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, set_up, function, profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names-asked/equal", test_equal);
  ADD ("/names-asked/spelled-otherwise", test_spelled_otherwise);
  ADD ("/names-asked/no-value", test_no_value);
  ADD ("/names-asked/no-source", test_no_source);
  ADD ("/names-asked/warn", test_warn);
  ADD ("/names-asked/enroll", test_enroll);
  ADD ("/names-asked/keep", test_keep);
  ADD ("/names-asked/reenroll", test_reenroll);
  ADD ("/names-asked/spent", test_spent);
  ADD ("/names-asked/setting", test_setting);
  ADD ("/names-asked/switch-back", test_switch_back);
  ADD ("/names-asked/pending", test_pending);
  ADD ("/names-asked/join", test_join);
  return g_test_run ();
}
