// wdl_peer.mjs LAB COMMAND... - adaptive-expressions (Microsoft, npm), whose functions are "largely
// from" this language, on the same expressions as wdl_peer.c.  LAB holds node_modules.
//
//   pick parse|evaluate LIST  prints what both sides measure: the expressions that it reads, or
//                             whose value is the same as ours; says on stderr how many there are
//   parse FILE, evaluate FILE the time in microseconds, the least of many rounds
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';

const [lab, command, ...rest] = process.argv.slice(2);
const { Expression } = createRequire(`${lab}/package.json`)('adaptive-expressions');
const input = JSON.parse(readFileSync(rest[rest.length - 1], 'utf8'));
const { actions = {}, variables = {} } = input.context ?? {};
const own = {
  outputs: (name) => actions[name]?.outputs,
  body: (name) => actions[name]?.outputs?.body,
  variables: (name) => variables[name],
};

// What only a flow has is a function of the host there; those without a meaning here are only read.
for (const name of ['outputs', 'body', 'variables', 'parameters', 'item', 'items', 'workflow',
  'triggerBody']) {
  Expression.functions.add(name, (args) => own[name]?.(args[0]));
}

// It has no ?[ and ?. because its [ and . give null of themselves.
const common = (text) => text.replace(/('[^']*')|\?/g, '$1');
const parse = (text) => Expression.parse(text);
const evaluate = (text) => parse(text).tryEvaluate({});

function pick(kind) {
  const kept = input[kind].filter((text, i) => {
    try {
      if (kind === 'parse') return Boolean(parse(common(text)));
      const { value, error } = evaluate(common(text));
      return !error && isDeepStrictEqual(value, input.values[i]);
    } catch {
      return false;
    }
  });
  console.error(`${kept.length} of ${input[kind].length}`);
  console.log(JSON.stringify({ expressions: kept, context: input.context }));
}

function measure(work) {
  const expressions = input.expressions.map(common);
  let best = Infinity;
  const end = process.hrtime.bigint() + 3_000_000_000n; // long enough for every optimisation

  while (process.hrtime.bigint() < end) {
    const start = process.hrtime.bigint();
    for (const text of expressions) work(text);
    const took = Number(process.hrtime.bigint() - start) / 1e3;
    if (took < best) best = took;
  }
  console.log(best.toFixed(1));
}

if (command === 'pick') pick(rest[0]);
else measure(command === 'parse' ? parse : evaluate);
