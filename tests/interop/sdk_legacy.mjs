// sdk_legacy.mjs DIR COMMAND ARGS... - the official SDK, first major version, with a handshake.
//
// DIR holds node_modules.  What most hosts of today are built on.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';

const [dir, command, ...args] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${dir}/package.json`));
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
const { ElicitRequestSchema } = require('@modelcontextprotocol/sdk/types.js');

const client = new Client(
  { name: 'interop', version: '1' },
  { capabilities: { elicitation: { form: {} } } },
);
client.setRequestHandler(ElicitRequestSchema, async (request) => {
  console.log(`ok - asked: ${request.params.message.slice(0, 60)}`);
  return { action: 'accept', content: { username: 'ann', email: 'ann@example.com' } };
});
await client.connect(new StdioClientTransport({ command, args }));
assert(client.getServerVersion().name);
assert(client.getInstructions().length > 0);
await client.ping();
console.log('ok - initialize, ping');

const { tools } = await client.listTools();
assert(tools.length > 0);
console.log(`ok - tools/list: ${tools.length} tools`);
console.log(`ok - prompts/list: ${(await client.listPrompts()).prompts.length}`);
const { resources } = await client.listResources();
const read = await client.readResource({ uri: resources[0].uri });
assert(read.contents.length === 1);
console.log(`ok - resources/read: ${resources[0].uri}`);

const named = (name) => tools.some((t) => t.name === name);
if (named('list_live_environments')) {
  const result = await client.callTool({ name: 'list_live_environments', arguments: {} });
  assert(!result.isError, JSON.stringify(result));
  assert(JSON.parse(result.content[0].text).length > 0);
  console.log('ok - list_live_environments');
  // The client checks structured content against the schema of the list.
  for (const name of ['whoami', 'list_skills']) {
    if (!named(name)) continue;
    const own = await client.callTool({ name, arguments: {} });
    assert(!own.isError, JSON.stringify(own));
    console.log(`ok - ${name}`);
  }
}
if (named('test_tool_with_progress')) {
  const seen = [];
  await client.callTool({ name: 'test_tool_with_progress' }, undefined, {
    onprogress: (p) => seen.push(p.progress),
  });
  // This SDK loses a notification that arrives together with the answer.
  assert.deepEqual(seen.slice(0, 2), [0, 50]);
  console.log('ok - progress');
  const result = await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who?' } });
  assert(result.content[0].text.includes('ann'));
  console.log('ok - a call that asks in its middle');
}
if (named('wait')) {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await assert.rejects(client.callTool({ name: 'wait', arguments: { ms: 60000 } }, undefined, { signal: abort.signal }));
  await client.ping();
  console.log('ok - cancelled');
}
await assert.rejects(client.callTool({ name: 'no_such_tool' }), (e) => e.code === -32602);
console.log('ok - an unknown tool is -32602');
await client.close();
console.log('ok - closed');
