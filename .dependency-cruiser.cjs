/**
 * The rooms and what each may import: the table in docs/architecture.md, as a rule that fails the build. Modules directly in
 * `src/` (units, errors, nearest, version) import nothing and are open to all, but for the pipelines and index, which have rows of
 * their own.
 */
const LEAVES = 'src/(units|errors|nearest|version)\\.ts$';

/** What the model is made of, bottom up. */
const MODEL = ['src/io/', 'src/trace/', 'src/counts/', 'src/cpu-model/', 'src/replay/', 'src/report/'];
const PIPELINE = 'src/pipeline\\.ts$';
const STAT = 'src/pipeline-stat\\.ts$';
const INDEX = 'src/index\\.ts$';

/** room -> rooms it may import, besides itself and the leaves. */
const ROOMS = {
  'src/io/': [],
  'src/trace/': ['src/io/'],
  'src/counts/': ['src/io/'],
  'src/cpu-model/': [],
  'src/record/': [],
  'src/replay/': ['src/trace/', 'src/cpu-model/'],
  'src/report/': ['src/trace/', 'src/counts/', 'src/replay/', 'src/cpu-model/'],
  [PIPELINE]: MODEL,
  [STAT]: [PIPELINE, ...MODEL],
  'src/check/': [PIPELINE, ...MODEL],
  [INDEX]: [PIPELINE, STAT, ...MODEL, 'src/check/'],
  'src/workbench/': [PIPELINE, STAT, INDEX, ...MODEL, 'src/check/'],
};

const rooms = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `room ${room.replace(/\\|\$/g, '')}`,
  severity: 'error',
  from: { path: `^${room}` },
  to: { path: '^src/', pathNot: [`^${room}`, `^${LEAVES}`, ...allowed.map((each) => `^${each}`)] },
}));

module.exports = {
  forbidden: [
    ...rooms,
    { name: 'leaves import nothing of ours', severity: 'error', from: { path: `^${LEAVES}` }, to: { path: '^src/' } },
    {
      name: 'node only in io/node and cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(io/node|cli)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'io/node only from cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(io/node|cli)/' },
      to: { path: '^src/io/node/' },
    },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no development packages in src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
