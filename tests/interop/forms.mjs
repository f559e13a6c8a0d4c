// forms.mjs ERA DIR COMMAND ARGS... - the official SDK shows the gate's form and passes answers on.
//
// ERA is modern (SDK 2, 2026-07-28) or legacy (SDK 1).  DIR holds node_modules.  Decline, cancel
// and a closed choice change nothing; accepting switches the flow, which is read back.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const [era, dir, command, ...args] = process.argv.slice(2);
const require = createRequire(`${dir}/package.json`);
let client, transport, forms = [], answer;

function asked(request) {
  const { message, requestedSchema } = request.params;
  forms.push({ message, requestedSchema });
  return answer;
}

if (era === 'modern') {
  const { Client } = require('@modelcontextprotocol/client');
  const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');
  client = new Client({ name: 'interop', version: '1' }, {
    versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler('elicitation/create', async (request) => asked(request));
  transport = new StdioClientTransport({ command, args });
} else {
  const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
  const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
  const { ElicitRequestSchema } = require('@modelcontextprotocol/sdk/types.js');
  client = new Client({ name: 'interop', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async (request) => asked(request));
  transport = new StdioClientTransport({ command, args });
}
await client.connect(transport);

const where = { environmentName: "Jana Novak's Environment", flowName: 'Trial: callback' };
async function call(name, more) {
  const result = await client.callTool({ name, arguments: { ...where, ...more } });
  return { failed: !!result.isError, document: JSON.parse(result.content[0].text) };
}
const state = async () => (await call('get_live_flow', { view: 'outline' })).document.state;
assert.equal(await state(), 'Started');

const answers = [
  ['decline', { action: 'decline' }],
  ['cancel', { action: 'cancel' }],
  ['accept, do not run', { action: 'accept', content: { decision: 'reject' } }],
];
for (const [name, reply] of answers) {
  answer = reply;
  forms = [];
  const { failed, document } = await call('set_live_flow_state', { state: 'Stopped' });
  assert.equal(forms.length, 1, name);
  assert.match(forms[0].message, /Switches flow "Trial: callback" off/);
  const decision = forms[0].requestedSchema.properties.decision;
  assert.equal(decision.default, 'reject');
  assert((decision.oneOf ?? decision.enum).length >= 2);
  assert(failed);
  assert.equal(document.error.code, 'declined', JSON.stringify(document));
  assert.equal(await state(), 'Started');
  console.log(`ok - ${name}: nothing changed`);
}
answer = { action: 'accept', content: { decision: 'approve_once' } };
forms = [];
const { failed, document } = await call('set_live_flow_state', { state: 'Stopped' });
assert(!failed, JSON.stringify(document));
assert.equal(forms.length, 1);
assert.equal(document.actualState, 'Stopped');
assert.equal(await state(), 'Stopped');
console.log('ok - accept, run once: switched');
// Once is once: switching it on again asks again.
answer = { action: 'decline' };
forms = [];
assert((await call('set_live_flow_state', { state: 'Started' })).failed);
assert.equal(forms.length, 1);
console.log('ok - the next change is asked about');
await client.close();
