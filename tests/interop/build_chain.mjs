// build_chain.mjs ERA DIR COMMAND ARGS... - the official SDK builds a flow with two connectors and runs it.
//
// The same chain as tests/talk/test_build_chain.py, from a real client: duplicate check,
// connections, connector search, site, list and columns, create, read back, switch on, run.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const [era, dir, command, ...args] = process.argv.slice(2);
const require = createRequire(`${dir}/package.json`);
const asked = [];

function yes(request) {
  asked.push(request.params.message.split(':')[0]);
  return { action: 'accept', content: { decision: 'approve_once' } };
}

async function connect() {
  if (era === 'modern') {
    const { Client } = require('@modelcontextprotocol/client');
    const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');
    const client = new Client({ name: 'interop', version: '1' }, {
      versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { form: {} } } });
    client.setRequestHandler('elicitation/create', async (request) => yes(request));
    await client.connect(new StdioClientTransport({ command, args }));
    return client;
  }
  const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
  const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
  const { ElicitRequestSchema } = require('@modelcontextprotocol/sdk/types.js');
  const client = new Client({ name: 'interop', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async (request) => yes(request));
  await client.connect(new StdioClientTransport({ command, args }));
  return client;
}

const client = await connect();
const environmentName = 'Fabrikam Operations', displayName = 'Open orders by mail';
async function call(name, more) {
  const result = await client.callTool({ name, arguments: { environmentName, ...more } });
  assert(!result.isError, `${name}: ${result.content[0].text}`);
  return JSON.parse(result.content[0].text);
}

assert.equal((await call('list_live_flows', { search: displayName })).flows.length, 0);
console.log('ok - there is none like it');
const references = {};
for (const connector of ['shared_sharepointonline', 'shared_office365']) {
  const { connections } = await call('list_live_connections', { search: connector });
  const mine = connections.find((c) => c.connectorName === connector && c.usable);
  references[connector] = mine.connectionReferenceTemplate;
}
console.log('ok - connections');
const found = await call('describe_live_connector', { search: 'get items' });
const { connectorName, operationId } = found.operations[0];
const read = (await call('describe_live_connector', { connectorName, operationId })).exampleDefinition;
const mail = (await call('describe_live_connector', {
  connectorName: 'shared_office365', operationId: 'SendEmailV2' })).exampleDefinition;
console.log(`ok - ${operationId} of ${connectorName}, SendEmailV2 of shared_office365`);
const { inputs } = await call('resolve_live_parameters', {
  connectorName, operationId, match: { dataset: 'Orders' } });
const list = inputs.find((i) => i.name === 'table').options[0].displayName;
const { parameters } = await call('resolve_live_parameters', {
  connectorName, operationId, match: { dataset: 'Orders', table: list } });
const columns = await call('get_live_dynamic_properties', {
  connectorName, operationId: 'PostItem', parameterName: 'item', parameters,
  connectionName: references[connectorName].connectionName });
assert(JSON.stringify(columns).includes('Title'));
console.log(`ok - site, list ${list} and its columns`);
Object.assign(read, { runAfter: {} });
read.inputs.parameters = { ...parameters, $top: 5 };
Object.assign(mail, { runAfter: { Orders: ['Succeeded'] } });
mail.inputs.parameters = {
  'emailMessage/To': 'jana.novak@fabrikam.example', 'emailMessage/Subject': 'Open orders',
  'emailMessage/Body': "<p>@{length(outputs('Orders')?['body/value'])}</p>" };
const made = await call('update_live_flow', {
  displayName, connectionReferences: references,
  definition: {
    $schema: 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#',
    contentVersion: '1.0.0.0',
    triggers: { manual: { type: 'Request', kind: 'Http', inputs: { schema: { type: 'object' } } } },
    actions: { Orders: read, Mail: mail } } });
assert(made.created && made.verified && made.error === null, JSON.stringify(made));
const { flowName } = made;
const { properties } = await call('get_live_flow', { flowName });
assert.deepEqual(Object.keys(properties.definition.actions).sort(), ['Mail', 'Orders']);
console.log('ok - made, and read back');
await call('set_live_flow_state', { flowName, state: 'Started' });
const { runName } = await call('trigger_live_flow', { flowName, body: {} });
const ended = await call('wait_for_live_flow_run', { flowName, runName });
assert.equal(ended.status, 'Succeeded', JSON.stringify(ended));
assert.equal(asked.length, 3);
console.log(`ok - run: ${ended.status}; asked: ${asked.join(', ')}`);
await client.close();
