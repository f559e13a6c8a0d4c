/*
 * redact_rules.c - what a secret looks like: one row per kind.
 *
 * The patterns are those of published scanners and of the service's own formats; a positive and a
 * near miss of each is in tests/data/redaction-rules.csv, with where it comes from.
 * Tiers: A is always masked, B unless the policy says otherwise, C is only counted.
 * Every text a pattern matches holds one of its keywords (in any case).
 */
#include "work/redact_rules.h"

const struct redact_rule redact_rules[] = {
	{ .name = "pa_trigger_callback_url", .tier = 'A',
	  .keywords = "environment.api.",
	  .pattern = "(?i)https?://[a-z0-9-]+\\.[0-9a-f]{1,2}\\.environment\\.api\\.(?:[a-z]+\\.)?(?"
		     ":powerplatform|appsplatform)[a-z.]*(?::\\d+)?/powerautomate/[^\\s\\\"'<>]*?(?:"
		     "[?&]|&amp;|\\\\+u0026)sig=([a-z0-9%+/_.~-]{16,}={0,2})", .back = 300 },
	{ .name = "logicapps_trigger_callback_url", .tier = 'A',
	  .keywords = ".logic.azure.",
	  .pattern = "(?i)https?://prod-\\d+\\.[a-z0-9-]+\\.logic\\.azure\\.(?:com|us|cn)(?::\\d+)?/"
		     "workflows/[0-9a-f]{32}/triggers/[^\\s\\\"'<>]*?(?:[?&]|&amp;|\\\\+u0026)sig=(["
		     "a-z0-9%+/_.~-]{16,}={0,2})", .back = 300 },
	{ .name = "run_content_link", .tier = 'A',
	  .keywords = "/contents/",
	  .pattern = "(?i)/runs/[0-9a-z]+/(?:actions/[^\\s\\\"'/]+/)?(?:[^\\s\\\"'?]*/)?contents/(?:"
		     "action|trigger)?(?:inputs|outputs)\\?[^\\s\\\"'<>]*?(?:[?&]|&amp;|\\\\+u0026)s"
		     "ig=([a-z0-9%+/_.~-]{16,}={0,2})", .back = 700 },
	{ .name = "sas_sig_param", .tier = 'A',
	  .keywords = "sig=|sig%3d|u003d",
	  .pattern = "(?i)(?:^|[?&;]|&amp;|\\\\+u0026|%26|%3f)sig(?:=|%3d|\\\\+u003d)([a-z0-9%+/_.~-"
		     "]{16,}={0,2})" },
	{ .name = "approval_or_share_link_token", .tier = 'B', .back = 2048, .ahead = 2048,
	  .keywords = "tempauth|docaccesstoken|ocid|/:x:/|/:b:/|/:f:/|/:w:/",
	  .pattern = "(?i)(?:^|[?&;]|&amp;|\\\\+u0026|%26|%3f)(?:tempauth|docaccesstoken|ocid|e)(?:="
		     "|%3d|\\\\+u003d)([a-z0-9._~%-]{24,})" },
	{ .name = "bearer_token", .tier = 'A',
	  .keywords = "bearer",
	  .pattern = "(?i)\\bbearer(?:\\s|%20|\\\\+u0020)+([a-z0-9._~+/-]{16,}={0,2})" },
	{ .name = "basic_credentials", .tier = 'A',
	  .keywords = "basic",
	  .pattern = "(?i)\\bbasic(?:\\s|%20)+([a-z0-9+/]{8,}={0,2})(?:$|[^a-z0-9+/=])", .check = REDACT_USER_AND_PASSWORD },
	{ .name = "authorization_header_other", .tier = 'A',
	  .keywords = "authorization",
	  .pattern = "(?i)(?:proxy-)?authorization\\\\*[\\\"']?\\s*(?:=|:|%3d)\\s*\\\\*[\\\"']?((?:s"
		     "haredkey(?:lite)?|apikey|token|negotiate|ntlm|digest|aws4-hmac-sha256|hmac-sha"
		     "256|macaroon|ssws|splunk)\\s+[^\\s\\\"'<>\\\\]{8,})" },
	{ .name = "jwt", .tier = 'A',
	  .keywords = "eyj|ewo",
	  .pattern = "((?:eyJ|ewog)[A-Za-z0-9_-]{10,}={0,2}\\.(?:eyJ|ewo)[A-Za-z0-9_-]{10,}={0,2}\\."
		     "[A-Za-z0-9_-]{10,}={0,2})" },
	{ .name = "jwe", .tier = 'A',
	  .keywords = "eyj",
	  .pattern = "(eyJ[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]{12,}\\.[A-Za-z0-9_-]{1"
		     "6,}\\.[A-Za-z0-9_-]{16,})" },
	{ .name = "jwt_double_base64", .tier = 'A',
	  .keywords = "zxlk",
	  .pattern = "(ZXlK[A-Za-z0-9+/_-]{60,}={0,2})" },
	{ .name = "entra_refresh_token", .tier = 'A',
	  .keywords = "0.a|1.a|m.c",
	  .pattern = "(?:^|[^A-Za-z0-9])([01]\\.A[A-Za-z0-9_-]{50,}(?:\\.\\d)?\\.Ag[A-Za-z0-9_-]{200"
		     ",})" },
	{ .name = "oauth_code_param", .tier = 'A',
	  .keywords = "code=|code%3d|u003d",
	  .pattern = "(?i)(?:^|[?&;]|&amp;|\\\\+u0026|%26|%3f)(?:code|device_code|code_verifier)(?:="
		     "|%3d|\\\\+u003d)([a-z0-9._~%-]{20,}={0,2})" },
	{ .name = "url_secret_param", .tier = 'A',
	  .keywords = "token|key|secret|password|passwd|pwd|auth|hapikey",
	  .pattern = "(?i)(?:^|[?&;]|&amp;|\\\\+u0026|%26|%3f)(?:access_token|refresh_token|id_token"
		     "|client_secret|api[_-]?key|subscription-key|token|password|passwd|pwd|secret|x"
		     "-functions-key|hapikey|auth)(?:=|%3d|\\\\+u003d)([^&\\s\\\"'<>\\\\@\\[{%][^&\\"
		     "s\\\"'<>\\\\]{5,})" },
	{ .name = "url_userinfo", .tier = 'A',
	  .keywords = "://",
	  .pattern = "(?i)\\b[a-z][a-z0-9+.-]{1,15}://[^\\s/:@\\\"'<>\\\\?#]{1,128}:([^\\s/@\\\"'<>"
		     "\\\\?#]{1,128})@" },
	{ .name = "api_key_header_text", .tier = 'A',
	  .keywords = "key|token|x-zumo-auth",
	  .pattern = "(?i)\\b(?:x-api-key|api-key|apikey|x-functions-key|ocp-apim-subscription-key|x"
		     "-auth-token|x-access-token|x-zumo-auth|x-goog-api-key|private-token)\\\\*[\\\""
		     "']?\\s*(?:=|:|%3d)\\s*\\\\*[\\\"']?([^\\s\\\"',;&<>\\\\\\[{*][^\\s\\\"',;&<>\\"
		     "\\]{7,})", .check = REDACT_NO_EXPRESSION },
	{ .name = "cookie_header_text", .tier = 'A',
	  .keywords = "cookie",
	  .pattern = "(?i)\\b(?:set-)?cookie\\s*[:=]\\s*([^\\r\\n\\\"\\\\]{8,})" },
	{ .name = "password_kv_text", .tier = 'A',
	  .keywords = "passw|pwd|passphrase",
	  .pattern = "(?i)(?:^|[^a-z])(?:password|passwd|pwd|passphrase)\\\\*[\\\"']?\\s*(?:=|:|%3d)"
		     "\\s*\\\\*[\\\"']?([^\\s\\\"',;&<>\\\\\\[{*][^\\s\\\"',;&<>\\\\]{3,})", .check = REDACT_NO_EXPRESSION },
	{ .name = "secret_kv_text", .tier = 'A',
	  .keywords = "secret",
	  .pattern = "(?i)(?:client|app|application|shared|consumer|api|signing|webhook)[ _-]?secret"
		     "\\\\*[\\\"']?\\s*(?:=|:|%3d)\\s*\\\\*[\\\"']?([^\\s\\\"',;&<>\\\\\\[{*][^\\s\\"
		     "\"',;&<>\\\\]{5,})", .check = REDACT_NO_EXPRESSION },
	{ .name = "token_kv_text", .tier = 'A',
	  .keywords = "token",
	  .pattern = "(?i)(?:access|refresh|id|auth|bearer|session|sas|api)[ _-]?token\\\\*[\\\"']?"
		     "\\s*(?:=|:|%3d)\\s*\\\\*[\\\"']?([^\\s\\\"',;&<>\\\\\\[{*][^\\s\\\"',;&<>\\\\]"
		     "{11,})", .check = REDACT_NO_EXPRESSION },
	{ .name = "apikey_kv_text", .tier = 'A',
	  .keywords = "key",
	  .pattern = "(?i)(?:^|[^a-z])(?:api|access|account|storage|master|function|subscription|sig"
		     "ning|encryption)[ _-]?key\\\\*[\\\"']?\\s*(?:=|:|%3d)\\s*\\\\*[\\\"']?([^\\s\\"
		     "\"',;&<>\\\\\\[{*][^\\s\\\"',;&<>\\\\]{11,})", .check = REDACT_NO_EXPRESSION },
	{ .name = "azure_storage_connection_string", .tier = 'A',
	  .keywords = "accountkey",
	  .pattern = "(?i)AccountKey\\s*=\\s*([A-Za-z0-9+/]{40,88}={0,2})" },
	{ .name = "azure_shared_access_key", .tier = 'A',
	  .keywords = "sharedaccesskey",
	  .pattern = "(?i)SharedAccessKey\\s*=\\s*([A-Za-z0-9+/]{20,}={0,2})" },
	{ .name = "azure_shared_access_signature", .tier = 'A',
	  .keywords = "sharedaccesssignature",
	  .pattern = "(?i)SharedAccessSignature[\\s=]+[^\\\"\\s]*?sig=([a-z0-9%+/_-]{16,}={0,2})" },
	{ .name = "azure_appconfig_connection_string", .tier = 'A',
	  .keywords = ".azconfig.io",
	  .pattern = "(?i)Endpoint=https://[a-z0-9-]+\\.azconfig\\.io;Id=[^;\\s\\\"]+;Secret=([A-Za-"
		     "z0-9+/=]{20,})", .back = 300 },
	{ .name = "sql_connection_string", .tier = 'A',
	  .keywords = "password|pwd",
	  .pattern = "(?i)(?:server|data source|addr|host)\\s*=[^\\\"\\r\\n]{1,300}?;\\s*(?:password"
		     "|pwd)\\s*=\\s*([^;\\\"\\s]{1,256})", .back = 700 },
	{ .name = "azure_storage_key_identifiable", .tier = 'A',
	  .keywords = "+ast",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{76}\\+ASt[A-Za-z0-9+/]{5}[AQgw]==)", .back = 100 },
	{ .name = "azure_cosmos_key_identifiable", .tier = 'A',
	  .keywords = "acdb",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{76}ACDb[A-Za-z0-9+/]{5}[AQgw]==)", .back = 100 },
	{ .name = "azure_function_key", .tier = 'A',
	  .keywords = "azfu",
	  .pattern = "(?:^|[^A-Za-z0-9_-])([A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5}[AQgw]==)", .back = 64 },
	{ .name = "azure_apim_key_identifiable", .tier = 'A',
	  .keywords = "apim",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{76}APIM[A-Za-z0-9+/]{5}[AQgw]==)", .back = 100 },
	{ .name = "azure_messaging_key_identifiable", .tier = 'A',
	  .keywords = "+asb|+aeh|+arm|aiot|azeg|azca",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{33}(?:\\+ASb|\\+AEh|\\+ARm|AIoT|AZEG|AzCa"
		     ")[A-P][A-Za-z0-9+/]{5}=)", .back = 64 },
	{ .name = "azure_search_or_acr_key", .tier = 'A',
	  .keywords = "azse|+acr",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{42}(?:AzSe|\\+ACR)[A-D][A-Za-z0-9+/]{5})("
		     "?:$|[^A-Za-z0-9+/_=-])", .back = 64 },
	{ .name = "azure_common_annotated_key", .tier = 'A',
	  .keywords = "jqqj9",
	  .pattern = "(?:^|[^A-Za-z0-9])([A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9][A-L][A-Za-z0-9]{16}[A-"
		     "Za-z][A-Za-z0-9]{7}(?:[A-Za-z0-9]{2}==)?)", .back = 64 },
	{ .name = "entra_client_secret", .tier = 'A',
	  .keywords = "q~",
	  .pattern = "(?:^|[^A-Za-z0-9_~.+/-])([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?:$|"
		     "[^A-Za-z0-9_~.+/-])" },
	{ .name = "databricks_pat", .tier = 'B',
	  .keywords = "dapi",
	  .pattern = "(?:^|[^0-9a-f-])(dapi[0-9a-f-]{32,34})(?:$|[^0-9a-f-])" },
	{ .name = "pem_private_key", .tier = 'A',
	  .keywords = "private key",
	  .pattern = "(?i)(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)",
	  .close = "(?i)-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----" },
	{ .name = "pkcs12_bundle", .tier = 'A',
	  .keywords = "ibazcc",
	  .pattern = "(MI[I-L][0-9A-Za-z/+]{2}[AQgw]IBAzCC[0-9A-Za-z/+]{20,}={0,2})" },
	{ .name = "github_token", .tier = 'A',
	  .keywords = "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
	  .pattern = "\\b((?:gh[pousr]_[A-Za-z0-9]{36,255})|(?:github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9"
		     "]{59}))" },
	{ .name = "teams_incoming_webhook", .tier = 'A',
	  .keywords = "webhook.office.com",
	  .pattern = "(?i)https://[a-z0-9-]+\\.webhook\\.office\\.com/webhookb2/([^\\s\\\"'<>]{40,})", .back = 300 },
	{ .name = "slack_webhook", .tier = 'A',
	  .keywords = "hooks.slack.com",
	  .pattern = "https://hooks\\.slack\\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{20,"
		     "80})" },
	{ .name = "slack_token", .tier = 'A',
	  .keywords = "xox",
	  .pattern = "\\b(xox[abeoprs]-[A-Za-z0-9-]{10,250})" },
	{ .name = "aws_access_key_id", .tier = 'B',
	  .keywords = "akia|asia",
	  .pattern = "(?:^|[^A-Z0-9])((?:AKIA|ASIA)[A-Z0-9]{16})(?:$|[^A-Z0-9])" },
	{ .name = "google_api_key", .tier = 'A',
	  .keywords = "aiza",
	  .pattern = "(?:^|[^A-Za-z0-9_-])(AIza[0-9A-Za-z_-]{35})" },
	{ .name = "llm_api_key", .tier = 'A',
	  .keywords = "sk-",
	  .pattern = "(?:^|[^A-Za-z0-9])(sk-(?:proj-|ant-[a-z0-9]+-|svcacct-)?[A-Za-z0-9_-]{20,200})" },
	{ .name = "stripe_key", .tier = 'A',
	  .keywords = "sk_live|rk_live|sk_test|rk_test",
	  .pattern = "\\b((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,99})" },
	{ .name = "sendgrid_key", .tier = 'A',
	  .keywords = "sg.",
	  .pattern = "(?:^|[^A-Za-z0-9])(SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64})" },
	{ .name = "npm_token", .tier = 'B',
	  .keywords = "npm_",
	  .pattern = "(?:^|[^A-Za-z0-9])(npm_[A-Za-z0-9]{36})" },
	{ .name = "unclassified_base64_64byte", .tier = 'C',
	  .keywords = "==",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{86}==)(?:$|[^A-Za-z0-9+/=])", .back = 96 },
	{ .name = "unclassified_base64_32byte", .tier = 'C',
	  .keywords = "=",
	  .pattern = "(?:^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{43}=)(?:$|[^A-Za-z0-9+/=])", .back = 64 },
};

const size_t redact_rule_count = sizeof(redact_rules) / sizeof(*redact_rules);
