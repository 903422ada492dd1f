import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', cli: 'src/cli/main.ts', 'hash-worker': 'src/cli/hash-worker.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: true,
  clean: true,
  fixedExtension: false,
  // How long its plugins take is nobody's business but a builder's of builds.
  inputOptions: { checks: { pluginTimings: false } },
});
