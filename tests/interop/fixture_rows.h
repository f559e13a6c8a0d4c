/*
 * fixture_rows.h - what the official MCP conformance suite expects a server to offer, as rows.
 *
 * Names, texts and bytes are the suite's (github.com/modelcontextprotocol/conformance, the
 * descriptions in src/scenarios/server/); JSON is written with ' for ".
 */
#ifndef FIXTURE_ROWS_H
#define FIXTURE_ROWS_H

/* One red pixel; 44 bytes of RIFF header and one sample of silence. */
#define PNG                                                                                        \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5"    \
	"ErkJggg=="
#define WAV "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA=="

/* Tools and prompts that always answer the same: content blocks or messages. */
static const struct fixed {
	const char *row, *content;
	bool is_error;
} fixed[] = {
	{ "test_simple_text",
	  "[{'type':'text','text':'This is a simple text response for testing.'}]", false },
	{ "test_image_content",
	  "[{'type':'image','data':'" PNG "','mimeType':'image/png'}]", false },
	{ "test_audio_content",
	  "[{'type':'audio','data':'" WAV "','mimeType':'audio/wav'}]", false },
	{ "test_embedded_resource",
	  "[{'type':'resource','resource':{'uri':'test://embedded-resource','mimeType':'text/plain',"
	  "'text':'This is an embedded resource content.'}}]", false },
	{ "test_multiple_content_types",
	  "[{'type':'text','text':'Multiple content types test:'},"
	  "{'type':'image','data':'" PNG "','mimeType':'image/png'},"
	  "{'type':'resource','resource':{'uri':'test://mixed-content-resource',"
	  "'mimeType':'application/json','text':'{\\'test\\':\\'data\\',\\'value\\':123}'}}]", false },
	{ "test_error_handling",
	  "[{'type':'text','text':'This tool intentionally returns an error for testing'}]", true },
	{ "test_logging_tool", "[{'type':'text','text':'Nothing was logged.'}]", false },
	{ "prompt_with_image",
	  "[{'role':'user','content':{'type':'image','data':'" PNG "','mimeType':'image/png'}},"
	  "{'role':'user','content':{'type':'text','text':'Please analyze the image above.'}}]",
	  false },
	{ "prompt_with_embedded_resource",
	  "[{'role':'user','content':{'type':'resource','resource':{'uri':$resourceUri,"
	  "'mimeType':'text/plain','text':'Embedded resource content for testing.'}}},"
	  "{'role':'user','content':{'type':'text',"
	  "'text':'Please process the embedded resource above.'}}]", false },
};

#define FORM(message, properties, required)                                                        \
	"{'message':" message ",'requestedSchema':{'type':'object','properties':{" properties      \
	"},'required':[" required "]}}"
#define SAMPLE(text, tokens)                                                                       \
	"{'messages':[{'role':'user','content':{'type':'text','text':" text "}}],'maxTokens':"     \
	tokens "}"
#define NAME_FORM FORM("'What is your name?'", "'name':{'type':'string'}", "'name'")

/* Questions, in the order they are asked; those of one round are asked together. */
static const struct asked {
	const char *row;
	int round;
	const char *key, *method, *params;
} asked[] = {
	{ "test_elicitation", 1, "answer", "elicitation/create",
	  FORM("$message",
	       "'username':{'type':'string','description':'User\\u0027s response'},"
	       "'email':{'type':'string','description':'User\\u0027s email address'}",
	       "'username','email'") },
	{ "test_sampling", 1, "answer", "sampling/createMessage", SAMPLE("$prompt", "100") },
	{ "test_elicitation_sep1034_defaults", 1, "answer", "elicitation/create",
	  FORM("'Please review these defaults'",
	       "'name':{'type':'string','default':'John Doe'},"
	       "'age':{'type':'integer','default':30},"
	       "'score':{'type':'number','default':95.5},"
	       "'status':{'type':'string','enum':['active','inactive','pending'],"
	       "'default':'active'},"
	       "'verified':{'type':'boolean','default':true}", "") },
	{ "test_elicitation_sep1330_enums", 1, "answer", "elicitation/create",
	  FORM("'Please choose'",
	       "'untitledSingle':{'type':'string','enum':['option1','option2','option3']},"
	       "'titledSingle':{'type':'string','oneOf':[{'const':'value1','title':'First Option'},"
	       "{'const':'value2','title':'Second Option'},"
	       "{'const':'value3','title':'Third Option'}]},"
	       "'legacyEnum':{'type':'string','enum':['opt1','opt2','opt3'],"
	       "'enumNames':['Option One','Option Two','Option Three']},"
	       "'untitledMulti':{'type':'array','items':{'type':'string',"
	       "'enum':['option1','option2','option3']}},"
	       "'titledMulti':{'type':'array','items':{'anyOf':["
	       "{'const':'value1','title':'First Choice'},"
	       "{'const':'value2','title':'Second Choice'},"
	       "{'const':'value3','title':'Third Choice'}]}}", "") },
	{ "test_streaming_elicitation", 1, "user_name", "elicitation/create", NAME_FORM },
	{ "test_missing_capability", 1, "answer", "sampling/createMessage", SAMPLE("'Hello'", "10") },
	{ "test_input_required_result_elicitation", 1, "user_name", "elicitation/create", NAME_FORM },
	{ "test_input_required_result_sampling", 1, "capital_question", "sampling/createMessage",
	  SAMPLE("'What is the capital of France?'", "100") },
	{ "test_input_required_result_list_roots", 1, "client_roots", "roots/list", "{}" },
	{ "test_input_required_result_request_state", 1, "confirm", "elicitation/create",
	  FORM("'Please confirm'", "'ok':{'type':'boolean'}", "'ok'") },
	{ "test_input_required_result_tampered_state", 1, "confirm", "elicitation/create",
	  FORM("'Please confirm'", "'ok':{'type':'boolean'}", "'ok'") },
	{ "test_input_required_result_multiple_inputs", 1, "user_name", "elicitation/create",
	  NAME_FORM },
	{ "test_input_required_result_multiple_inputs", 1, "greeting", "sampling/createMessage",
	  SAMPLE("'Generate a greeting'", "50") },
	{ "test_input_required_result_multiple_inputs", 1, "client_roots", "roots/list", "{}" },
	{ "test_input_required_result_multi_round", 1, "step1", "elicitation/create",
	  FORM("'Step 1: What is your name?'", "'name':{'type':'string'}", "'name'") },
	{ "test_input_required_result_multi_round", 2, "step2", "elicitation/create",
	  FORM("'Step 2: What is your favorite color?'", "'color':{'type':'string'}", "'color'") },
	{ "test_input_required_result_capabilities", 1, "user_name", "elicitation/create", NAME_FORM },
	{ "test_input_required_result_capabilities", 1, "greeting", "sampling/createMessage",
	  SAMPLE("'Generate a greeting'", "50") },
	{ "prompt_with_input", 1, "user_context", "elicitation/create",
	  FORM("'What context should the prompt use?'", "'context':{'type':'string'}",
	       "'context'") },
};

/* What is said in the end; $key is the answer to that question as JSON text. */
static const struct said {
	const char *row, *text;
} said[] = {
	{ "test_elicitation", "User response: $answer" },
	{ "test_sampling", "LLM response: $answer" },
	{ "test_elicitation_sep1034_defaults", "Elicitation completed: $answer" },
	{ "test_elicitation_sep1330_enums", "Elicitation completed: $answer" },
	{ "test_streaming_elicitation", "Hello, $user_name!" },
	{ "test_missing_capability", "The client answered: $answer" },
	{ "test_input_required_result_elicitation", "Hello, $user_name!" },
	{ "test_input_required_result_sampling", "The client answered: $capital_question" },
	{ "test_input_required_result_list_roots", "Roots: $client_roots" },
	{ "test_input_required_result_request_state", "state-ok: $confirm" },
	{ "test_input_required_result_tampered_state", "state-ok: $confirm" },
	{ "test_input_required_result_multiple_inputs",
	  "Name $user_name, greeting $greeting, roots $client_roots" },
	{ "test_input_required_result_multi_round", "Name $step1, color $step2" },
	{ "test_input_required_result_capabilities", "$user_name $greeting" },
	{ "prompt_with_input", "Use this context: $user_context" },
};

static const struct mcp_argument two_arguments[] = {
	{ .name = "arg1", .description = "First test argument", .required = true },
	{ .name = "arg2", .description = "Second test argument", .required = true },
	{ 0 },
};
static const struct mcp_argument uri_argument[] = {
	{ .name = "resourceUri", .description = "URI of the resource to embed", .required = true },
	{ 0 },
};
static const struct mcp_prompt prompts[] = {
	{ .name = "test_simple_prompt", .description = "A prompt without arguments",
	  .text = "This is a simple prompt for testing." },
	{ .name = "test_prompt_with_arguments", .description = "A prompt with two arguments",
	  .arguments = two_arguments,
	  .text = "Prompt with arguments: arg1='{arg1}', arg2='{arg2}'" },
	{ .name = "test_prompt_with_embedded_resource", .description = "A prompt with a resource",
	  .arguments = uri_argument, .tool = "prompt_with_embedded_resource" },
	{ .name = "test_prompt_with_image", .description = "A prompt with an image",
	  .tool = "prompt_with_image" },
	{ .name = "test_input_required_result_prompt", .description = "A prompt that asks first",
	  .tool = "prompt_with_input" },
	{ 0 },
};

static const struct mcp_resource resources[] = {
	{ .uri = "test://static-text", .name = "static-text", .description = "A static text",
	  .mime = "text/plain", .text = "This is the content of the static text resource." },
	{ .uri = "test://static-binary", .name = "static-binary", .description = "A static image",
	  .mime = "image/png", .blob = PNG },
	{ .uri = "test://watched-resource", .name = "watched-resource",
	  .description = "A resource that can be subscribed to", .mime = "text/plain",
	  .text = "This resource never changes." },
	{ 0 },
};
static const struct mcp_argument id_variable[] = {
	{ .name = "id", .param = "id", .required = true },
	{ 0 },
};
static const struct mcp_template templates[] = {
	{ .uri = "test://template/{id}/data", .name = "template", .description = "A template",
	  .mime = "application/json", .variables = id_variable, .tool = "read_template" },
	{ 0 },
};

#endif
