/*
 * limits.h - every ceiling of the program, with the reason for its number.
 *
 * A buffer, list, loop or wait that is not named here has no business growing.
 * Sizes are bytes and times are milliseconds unless a name says otherwise.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* stdin: a definition of 1 MB inside one JSON string doubles at most once when it is escaped. */
#define LIMIT_LINE (4u << 20)
/* Unsent answers; beyond it stdin is not read.  Two results of the largest size and change. */
#define LIMIT_OUT_QUEUE (16u << 20)
/* Kept free in that queue for errors, questions and the ends of what is in flight. */
#define LIMIT_OUT_RESERVE (256u << 10)
/* The id and the progress token of a request are echoed; those of SDKs have 40 bytes. */
#define LIMIT_REQUEST_ID 1024
/* Open subscriptions: one per window of a host, and reserve. */
#define LIMIT_SUBSCRIPTIONS 16
/* Values of one completion: the protocol's own number. */
#define LIMIT_COMPLETIONS 100
/* A person is typing: later values are of no use. */
#define LIMIT_COMPLETION_MS 3000
/* JSON: deeper than any definition seen (the engine itself allows 8 levels of scopes). */
#define LIMIT_JSON_DEPTH 96
/* Trees built by the program: what stands around a parsed value, and reserve. */
#define LIMIT_JSON_TREE_DEPTH (LIMIT_JSON_DEPTH * 4)
/* JSON nodes of one message from a host. */
#define LIMIT_JSON_NODES 200000u
/* JSON nodes of one answer of the service: 5,000 repetitions have about 60 nodes each. */
#define LIMIT_JSON_NODES_ANSWER 2000000u
/* One member name, decoded: the longest that were seen are texts of a few hundred bytes. */
#define LIMIT_JSON_NAME (64u << 10)
/* The text of one number: the exact decimal form of the smallest double has 1,077 characters. */
#define LIMIT_JSON_NUMBER 1280
/* Names (32 bytes each and their text) of the objects that are open at one time, kept to find
 * duplicates: the largest answer with nothing but members. */
#define LIMIT_JSON_NAMES (128u << 20)
/* Pointers of one selection: one bit each. */
#define LIMIT_PROJECT_POINTERS 64
/* Nesting of content that is only looked through: .NET writers stop at 64 or 128. */
#define LIMIT_CONTENT_DEPTH 1000
/* Memory of one call, everything included: the largest answer as a tree (3-4 bytes per byte)
 * and its printed form. */
#define LIMIT_CALL_ARENA (192u << 20)
/* Calls in flight; a host that asks for more waits in the pipe. */
#define LIMIT_CALLS 64

/* One answer of the service that is kept in memory, after decompression. */
#define LIMIT_ANSWER (8u << 20)
/* A flow with its definition and expanded connection references. */
#define LIMIT_ANSWER_FLOW (32u << 20)
/* Response headers of one answer. */
#define LIMIT_HEADERS (64u << 10)
/* One URL: signed content links are about 700 bytes, nextLinks up to 2,500. */
#define LIMIT_URL 8192
/* Taken at once for it, so that growing leaves no copies of tokens. */
#define LIMIT_TOKEN_ROOM (64u << 10)
/* One response to a token request: tokens of 4 KiB each, four of them. */
#define LIMIT_TOKEN_ANSWER (1u << 20)
/* A content link that is streamed through the projector is cut here: the service's own limit. */
#define LIMIT_CONTENT (1024ull << 20)

/* What a model is given in one result: about 20,000 tokens at 4 bytes a token. */
#define LIMIT_RESULT 80000u
/* Pages followed for one list before a cursor is handed out. */
#define LIMIT_PAGES 1000
/* Requests of one fan-out that may be queued at once. */
#define LIMIT_FANOUT 4096
/* Stages of one tool: the longest tool has eight. */
#define LIMIT_STAGES 64
/* Rounds of questions for one call. */
#define LIMIT_ASK_ROUNDS 8

/* One request, from start to last byte. */
#define LIMIT_REQUEST_MS 60000
#define LIMIT_CONNECT_MS 10000
/* A whole tool call: hosts give up between 60 s (Codex) and 10 min (Gemini). */
#define LIMIT_CALL_MS 120000
/* Waits for Retry-After inside one call; longer ones are told to the caller. */
#define LIMIT_RETRY_AFTER_MS 30000
#define LIMIT_RETRIES 4
/* What is in flight when stdin ends gets this long. */
#define LIMIT_DRAIN_MS 2000

/* Measured: libcurl 7.88.1 fails with 100 streams on one connection, never with 64 or fewer. */
#define LIMIT_STREAMS_PER_CONNECTION 32
#define LIMIT_CONNECTIONS_H2 4
#define LIMIT_CONNECTIONS_H1 16
/* Sockets of one host that are tracked: two attempts (IPv4, IPv6) for each of 16 and 4 + 4. */
#define LIMIT_HTTP_SOCKETS 48
/* A read that found no place on a connection so often opens one. */
#define LIMIT_HTTP_RETURNS 8
/* A read whose kept connection died without a byte of an answer is sent again so often: each of
 * four connections that a server closes together may take it along once. */
#define LIMIT_HTTP_REPEATS 4
/* Hosts remembered with their protocol: a cloud has ten, an agent works on few environments. */
#define LIMIT_HTTP_HOSTS 64
/* Connections over all hosts; curl closes the oldest idle one beyond it. */
#define LIMIT_CONNECTIONS 128
/* One request header, the bearer token (2 to 5 KiB) included. */
#define LIMIT_HEADER_LINE 16384
/* A stream that brings less than 100 bytes a second for this long is dead. */
#define LIMIT_STALL_MS 30000
/* A connection is not used for new requests after this time, so that a change of certificate
 * or address is seen. */
#define LIMIT_CONNECTION_AGE_MS 300000
/* curl ends what is over its time itself; what it does not end by then is taken from it. */
#define LIMIT_CURL_GRACE_MS 1000

/* Descriptors watched: stdin, stdout, signals, and four for each of a few helpers. */
#define LIMIT_WATCHES 64
/* One line of a helper: a secret of the largest size, encoded. */
#define LIMIT_HELPER_LINE (64u << 10)
/* A helper that was told to end gets this long before it is killed. */
#define LIMIT_HELPER_GRACE_MS 200
/* poll(2) stops counting while the machine sleeps: look at the clock this often. */
#define LIMIT_LOOP_WAIT_MS 30000

/* Everything a command prints and reads, but for its tool call: the largest result as a tree,
 * as a table and as text, several times over. */
#define LIMIT_CLI_ARENA (64u << 20)

/* A value that is kept in a file: one, and all of one answer; as a tree, as text and masked it is
 * in memory three times. */
#define LIMIT_SPILL (6u << 20)
#define LIMIT_SPILL_ALL (24u << 20)
/* Whoever asked for it has read it by then. */
#define LIMIT_SPILL_MS (24 * 3600 * 1000ll)
/* A page that a person keeps: the largest result, every character of it escaped, and the page. */
#define LIMIT_PAGE (8u << 20)

/* The practice tenant makes a certificate and its data before it is ready: well under a second
 * on a quiet machine, many times that under valgrind. */
#define LIMIT_PRACTICE_MS 20000

/* A configuration file; the largest example has 2 KiB. */
#define LIMIT_CONF_FILE (256u << 10)
#define LIMIT_CONF_LINE 4096
#define LIMIT_PROFILES 64

/* A host's configuration file: Claude Code keeps megabytes of its own state in the same one. */
#define LIMIT_CLIENT_FILE (16u << 20)
/* Memory to change one: the text before and after each member that is set. */
#define LIMIT_CLIENT_ARENA (512u << 20)
/* A host writes its own file while we change it: read again so often. */
#define LIMIT_CLIENT_RETRIES 5

/* One item of a store: what a key of the kernel keyring can hold. */
#define LIMIT_STORE_ITEM 32767
/* The keyring helper: its request and its answer hold up to three secrets of a line each. */
#define LIMIT_KEYRING_REQUEST (72u << 10)
#define LIMIT_KEYRING_ANSWER (256u << 10)
/* An attribute of an item: the longest is a directory's name. */
#define LIMIT_KEYRING_ATTRIBUTE 4096
/* Measured: 12 ms at best, 29 on average, 164 at worst; starting the service takes a second. */
#define LIMIT_KEYRING_MS 5000
/* The same where nothing else can go on meanwhile. */
#define LIMIT_KEYRING_BLOCK_MS 3000
/* A service that did not answer in time is not asked again at once where that would block. */
#define LIMIT_KEYRING_REST_MS 10000
/* Fetched together with the sign-in, and used if it is wanted soon. */
#define LIMIT_KEYRING_AHEAD_MS 60000
/* A service that is only just starting gets this much more time. */
#define LIMIT_KEYRING_RETRY_MS 500
/* Seconds after which the helper ends by itself, and when a person is to answer a window. */
#define LIMIT_KEYRING_ALONE_S 30
#define LIMIT_KEYRING_PERSON_S 600
/* Waiting for another process that is just making a key. */
#define LIMIT_STORE_LOCK_MS 500

/* The cache: definitions of connectors have up to 4 MB, an operation of one about 10 KiB. */
#define LIMIT_CACHE_ENTRY (8u << 20)
#define LIMIT_CACHE_TOTAL (64u << 20)
#define LIMIT_CACHE_FILES 2048
/* Nothing is kept longer; connectors change every few weeks. */
#define LIMIT_CACHE_MS (30ll * 24 * 3600 * 1000)

/* Usage log (one record, one day's segment before records are refused, days kept). */
#define LIMIT_LOG_RECORD 1024
#define LIMIT_LOG_SEGMENT (256u << 20)
#define LIMIT_LOG_DAYS 30
/* A sign-in this old is as old as any: Entra ends unused ones after 90 days. */
#define LIMIT_CREDENTIAL_DAYS 3650
#define LIMIT_LOG_LOCK_MS 2000
/* Records that need not be on the disk at once are there after this time. */
#define LIMIT_LOG_FLUSH_MS 1000
/* Segments looked at: the days kept, and room for a log whose clock or retention went wrong. */
#define LIMIT_LOG_SEGMENTS 1024
/* Records that `flowlatch log show` holds in memory, 1 KiB each. */
#define LIMIT_LOG_SHOW 10000
/* Findings of one verification that are told one by one. */
#define LIMIT_LOG_FINDINGS 50

/* The request that ends a sign-in in a browser: a code of 1 to 2 KiB, and the cookies that other
 * programs on localhost have set. */
#define LIMIT_BROWSER_REQUEST (32u << 10)
/* Somebody who went to the browser and has not come back after this time starts anew. */
#define LIMIT_BROWSER_MS (10 * 60 * 1000)
/* The doctor asks everything at once: one request, and all of it. */
#define LIMIT_DOCTOR_REQUEST_MS 10000
#define LIMIT_DOCTOR_MS 20000
/* The card that a person reads: a form of a host shows about a screen; and in a terminal. */
#define LIMIT_CARD 1500
#define LIMIT_CARD_FULL (64u << 10)
/* An approval is an answer to what was just seen: the world may change after that. */
#define LIMIT_APPROVAL_MS (5 * 60 * 1000)
/* A code waits for the person to find a terminal. */
#define LIMIT_CODE_MS (10 * 60 * 1000)
/* Codes that wait at one time: a person decides on one after the other. */
#define LIMIT_CODES 32
/* Proofs that were used, kept until they would have expired; 64 bytes each. */
#define LIMIT_SPENT (256u << 10)
/* More things than this at once are Dangerous. */
#define LIMIT_GATE_OBJECTS 5
/* How long reading payloads keeps grants from being used. */
#define LIMIT_TAINT_MS (30 * 60 * 1000)
/* Grants of one profile, and what one file of them holds. */
#define LIMIT_GRANTS 64
#define LIMIT_GRANT_FILE (32u << 10)
/* "For 15 minutes", on a card. */
#define LIMIT_PROMPT_GRANT_MS (15 * 60 * 1000)
/* A waiting code with its full card. */
#define LIMIT_CODE_FILE (256u << 10)
/* Arguments that a person may edit in a terminal; a line at a time, longer ones are of no use. */
#define LIMIT_CODE_ARGUMENTS (160u << 10)
/* A host hears from a call that waits for a person; some drop one that is silent for 60 s. */
#define LIMIT_HEARTBEAT_MS 15000
/* Rounds of PBKDF2 for the PIN (OWASP's number for SHA-256), about half a second. */
#define LIMIT_PIN_ROUNDS 600000

/* One entry of the journal: what a change of several steps must remember to be undone; the largest
 * is a trigger, or a list of 500 runs. */
#define LIMIT_JOURNAL_ENTRY (1u << 20)
/* Entries looked at: every server of a profile has at most a few open. */
#define LIMIT_JOURNAL_ENTRIES 256
/* What a caller adds to the path or the query of a trigger's URL. */
#define LIMIT_CALLBACK_PART 4096
/* All heads of them, as files and as trees. */
#define LIMIT_JOURNAL_LIST (512u << 20)
/* A test waits so long for its run, after the flow has its own trigger again. */
#define LIMIT_TEST_RUN_MS 60000
/* Changes of a set that are on their way at one time. */
#define LIMIT_BULK_BATCH 4
/* Between two attempts to finish what another process has left. */
#define LIMIT_RECOVER_MS 60000

/* Waiting for another process's token refresh; Entra tolerates a parallel one after that. */
#define LIMIT_TOKEN_LOCK_MS 20000

/* Expressions: calls and member accesses inside each other.  The service takes 8,192 characters
 * of expression; the deepest seen in public flows is below 20. */
#define LIMIT_WDL_DEPTH 200
/* Functions whose implementation is remembered: there are 140, and more are still found. */
#define LIMIT_WDL_FUNCTIONS 256
/* Errors reported of one string; what follows is mostly their echo. */
#define LIMIT_WDL_ERRORS 32
/* Characters of the result of one expression, and of what functions may build on the way: the
 * service's own documented limits. */
#define LIMIT_WDL_RESULT 131072u
#define LIMIT_WDL_TEXT 104857600u
/* Integers of range(): documented. */
#define LIMIT_WDL_RANGE 100000
/* Values kept of one evaluation for explaining it; the largest expressions have about 100. */
#define LIMIT_WDL_STEPS 400
/* Text given to xml(), json() of XML and xpath(): above any payload worth trying out. */
#define LIMIT_WDL_XML (8u << 20)
/* A file of tzdata; the largest (a zone with two centuries of changes) has 4 KiB. */
#define LIMIT_WDL_ZONE_FILE 65536u
/* Steps libxml2 may take for one XPath expression; a million take about a tenth of a second. */
#define LIMIT_WDL_XPATH_STEPS 5000000ul

/* One package.  The web API of Dataverse takes 128 MB in one request, so no solution is larger. */
#define LIMIT_PACKAGE_FILE (128u << 20)
/* The name of a file that a tool makes: file systems take 255 bytes. */
#define LIMIT_FILE_NAME 200
/* Entries of one: the largest solutions seen (starter kits) have about 3,000. */
#define LIMIT_PACKAGE_ENTRIES 20000
/* What is taken out of one package, over all entries: a hundred flows of the largest size seen. */
#define LIMIT_PACKAGE_TOTAL (96u << 20)
/* Bytes out per byte of the package: deflate gets 1,032 at most, definitions about 10. */
#define LIMIT_PACKAGE_RATIO 200
/* customizations.xml is looked through for names only; those of starter kits have 15 MB. */
#define LIMIT_PACKAGE_XML (64u << 20)
/* Files and folders below one folder: a repository of solutions, not a whole disk. */
#define LIMIT_FOLDER_ENTRIES 100000
#define LIMIT_FOLDER_DEPTH 32

/* Definitions of connectors: inputs or outputs told of one operation (Dynamics has 350), members
 * inside each other, and values looked at, because schemas may refer to each other in circles. */
#define LIMIT_SWAGGER_FIELDS 400
#define LIMIT_SWAGGER_DEPTH 8
#define LIMIT_SWAGGER_STEPS 20000

/* Findings told of one definition; a person stops reading long before. */
#define LIMIT_LINT_FINDINGS 1000
/* A flow that is kept: as large as one that is read.  Records of one profile that are looked at:
 * 50 of each of a thousand flows.  Foreign files beside them that are named one by one. */
#define LIMIT_SNAPSHOT (32u << 20)
#define LIMIT_SNAPSHOTS 50000
#define LIMIT_SNAPSHOT_FOREIGN 100
/* Of one list: two years of daily changes. */
#define LIMIT_SNAPSHOTS_SHOWN 1000
/* Operations on a definition in one save: a model that has more to change sends the whole. */
#define LIMIT_EDIT_OPERATIONS 200
/* Memory of one of them: the expressions of the largest definitions as trees, several times. */
#define LIMIT_EDIT_MEMORY (128u << 20)
/* Differences told of two definitions, for the same reason. */
#define LIMIT_DIFF_CHANGES 1000
/* Rounds of looking for renamed things between two definitions: each costs a walk over both, and
 * one finds nearly all of them. */
#define LIMIT_DIFF_ROUNDS 20
/* Rules of the linter; there are 120. */
#define LIMIT_LINT_RULES 256
/* Steps looked at to find what comes before what where runAfter branches and joins; real flows
 * need a few hundred, and beyond it a reference is taken to be right. */
#define LIMIT_LINT_EFFORT 5000000u

/* A run: actions of a definition (the service takes 500) and containers inside each other (it
 * takes 8); executions of actions, skipped ones and items of Select and Query included: 100,000
 * repetitions of a loop with a dozen steps. */
#define LIMIT_RUN_ACTIONS 8192
#define LIMIT_RUN_DEPTH 24
#define LIMIT_RUN_STEPS 4000000ull
/* Memory of one run, the iterations in flight included, and of one iteration or variable. */
#define LIMIT_RUN_MEMORY (256u << 20)
#define LIMIT_RUN_FRAME (128u << 20)
/* Text whose templates a run keeps: a tree may need fifty times the memory of its text, and the
 * expressions of a flow with 500 actions are below 100 kB. */
#define LIMIT_RUN_PARSED (512u << 10)
/* Nesting of a value that a run keeps, so that values inside values stay below
 * LIMIT_JSON_TREE_DEPTH. */
#define LIMIT_RUN_VALUE_DEPTH 128
/* Parallel iterations of a loop, and variables: documented. */
#define LIMIT_RUN_PARALLEL 50
#define LIMIT_RUN_VARIABLES 250
/* Iterations of an Until: documented. */
#define LIMIT_RUN_UNTIL 5000
/* Repeats of one call: documented. */
#define LIMIT_RUN_RETRIES 90
/* Schema errors told of one value, and schemas looked at for one value and one schema. */
#define LIMIT_RUN_SCHEMA_ERRORS 100
#define LIMIT_RUN_SCHEMA_STEPS 2000000u
/* Repetitions whose inputs and outputs are kept when a run is shown whole. */
#define LIMIT_RUN_RECORDED 10000

/* Failed saves that are kept for a person to look at; one of them, with definitions of the
 * largest size seen; and names looked at in their directory. */
#define LIMIT_FAILURES 20
#define LIMIT_FAILURE_FILE (32u << 20)
#define LIMIT_FAILURES_SEEN 1000

#endif
