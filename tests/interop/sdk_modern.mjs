// sdk_modern.mjs DIR COMMAND ARGS... - the official SDK, second major version, at 2026-07-28.
//
// DIR holds node_modules.  Discovers, lists, reads, completes and calls; every answer is checked
// against the SDK's own schemas.  Pinned to the revision: no falling back to a handshake.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';

const [dir, command, ...args] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${dir}/package.json`));
const { Client } = require('@modelcontextprotocol/client');
const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');

const client = new Client(
  { name: 'interop', version: '1' },
  { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { form: {} } } },
);
client.setRequestHandler('elicitation/create', async (request) => {
  console.log(`ok - asked: ${request.params.message.slice(0, 60)}`);
  return { action: 'accept', content: { name: 'Ann' } };
});
const transport = new StdioClientTransport({ command, args });
await client.connect(transport);

const { tools } = await client.listTools();
assert(tools.length > 0);
console.log(`ok - tools/list: ${tools.length} tools`);
console.log(`ok - prompts/list: ${(await client.listPrompts()).prompts.length}`);
const { resources } = await client.listResources();
console.log(`ok - resources/list: ${resources.length}`);
console.log(`ok - resources/templates/list: ${(await client.listResourceTemplates()).resourceTemplates.length}`);
const read = await client.readResource({ uri: resources[0].uri });
assert(read.contents.length === 1);
console.log(`ok - resources/read: ${resources[0].uri}`);

const named = (name) => tools.some((t) => t.name === name);
if (named('list_live_environments')) {
  const result = await client.callTool({ name: 'list_live_environments', arguments: {} });
  assert(!result.isError, JSON.stringify(result));
  const environments = JSON.parse(result.content[0].text);
  assert(environments.length > 0 && environments[0].id);
  console.log(`ok - list_live_environments: ${environments.length}`);
  const wrong = await client.callTool({ name: 'get_live_flow', arguments: { flowName: 'x', no: 1 } });
  assert(wrong.isError);
  console.log('ok - a wrong argument is a tool error');
  const prompt = await client.getPrompt({ name: 'review_flow', arguments: { flow: 'x' } });
  assert(prompt.messages[0].content.text.includes('Flow: x'));
  console.log('ok - prompts/get');
  const completion = await client.complete({
    ref: { type: 'ref/prompt', name: 'review_flow' },
    argument: { name: 'environment', value: '' },
  });
  assert(completion.completion.values.length > 0);
  console.log(`ok - completion/complete: ${completion.completion.values.length} values`);
}
if (named('test_input_required_result_elicitation')) {
  const result = await client.callTool({ name: 'test_input_required_result_elicitation' });
  assert.equal(result.content[0].text, 'Hello, Ann!');
  console.log('ok - a call that asks first');
}
await assert.rejects(client.callTool({ name: 'no_such_tool' }), (e) => e.code === -32602);
console.log('ok - an unknown tool is -32602');
await client.close();
console.log('ok - closed');
