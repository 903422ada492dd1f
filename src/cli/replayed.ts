/** The replay of the trace that a command was given. */
import { runPipeline, type PipelineResult } from '../pipeline.ts';
import type { Terminal } from './command.ts';
import { laneRequest, type InputOptions, type LaneOptions } from './lane-options.ts';
import { noteTear } from './messages.ts';
import { openSource } from './source.ts';

/** Opens, replays, says where the trace breaks off, and gives back what it held. */
export async function replayed(
  args: readonly string[],
  options: LaneOptions & InputOptions,
  terminal: Terminal,
): Promise<PipelineResult> {
  const opened = await openSource(args, options);
  try {
    const done = await runPipeline(opened.source, {
      ...(await laneRequest(options)),
      host: opened.host,
      tgids: opened.tgids,
      untracedCpu: opened.untracedCpu,
      onProgress: terminal.progress,
    });
    noteTear(args[0], done.result.trace.health, terminal);
    return done;
  } finally {
    await opened.close();
  }
}
