/** A trace and the readers that open one. Adding a format is one file in `readers/` and one line in `readers/index.ts`. */
import type { Bytes } from '../io/bytes.ts';
import type { Coverage } from './coverage.ts';
import type { EventSink } from './event.ts';
import type { Health } from './health.ts';
import type { StringTable } from './strings.ts';

/** Facts about the machine that recorded, as far as the trace or its sidecar tells them. */
export interface HostFacts {
  readonly pcid?: boolean;
  readonly invpcid?: boolean;
  readonly pti?: boolean;
  /** The CPU as it names itself. */
  readonly cpuName?: string;
  /** Vendor, family, model and stepping, as perf writes them: `GenuineIntel,6,85,4`. */
  readonly cpuId?: string;
  /** The id of a CPU in `ptilab cpus`. */
  readonly cpu?: string;
  readonly kernel?: string;
  readonly arch?: string;
  readonly cpus?: number;
  readonly instrPerNs?: number;
  readonly kernelThreads?: readonly number[];
  readonly command?: { readonly pid?: number; readonly argv?: readonly string[] };
  readonly recorderPids?: readonly number[];
  readonly untraced?: { readonly user?: number; readonly sys?: number; readonly wall?: number };
}

/** An opened recording: what is known before reading, and its events. */
export interface Trace {
  /** Id of the reader. */
  readonly format: string;
  /** The clock's value at time 0 of the events; complete once the first event was read. */
  readonly originNs: bigint;
  readonly host: HostFacts;
  /** Whether `tlb-flush` events are to be expected; known before reading. */
  readonly recordsFlushes: boolean;
  /** Whether it tells the cgroups of processes; known before reading. */
  readonly recordsCgroups?: boolean;
  /** Complete once {@link readEvents} resolved: a text shows what it covers only by its events. */
  readonly coverage: Coverage;
  readonly health: Health;
  readonly strings: StringTable;
  /** The task id of the recorded command, where the trace names it. */
  readonly commandPid: number | undefined;
  /** The name of the recorder's own task, where the trace names it. */
  readonly recorderName: string | undefined;
  /**
   * Pushes every event, in time order, into `sink`, once. Memory stays bounded whatever the length. Health is complete
   * when it resolves.
   */
  readEvents(sink: EventSink): Promise<void>;
  /** Samples in the recording, those of events the model has no use for included; complete once {@link readEvents} resolved. */
  readonly samples: number;
}

export interface OpenOptions {
  /** A damaged tail is an error instead of a counted loss. */
  readonly strict: boolean;
  /** Makes a source that cannot seek one that can, for a reader that has to unpack what is inside. Without it, that is held in memory. */
  readonly seekable?: (bytes: Bytes) => Promise<Bytes>;
}

/** One trace format. */
export interface TraceReader {
  readonly id: string;
  readonly label: string;
  /** Lower is asked first; unique. */
  readonly priority: number;
  /** How such a recording is made. */
  readonly recordWith: string;
  /** Whether `head`, the first bytes of the source, looks like this format. */
  sniff(head: Uint8Array): boolean;
  /** Whether the reader needs {@link Bytes.readAt}: then a source that cannot seek is spooled first. */
  readonly seeks: boolean;
  /**
   * Several files of one recording as one source, where its events cannot be had from each alone. Without it, each is opened and their
   * events are merged.
   */
  join?(parts: readonly Bytes[]): Bytes;
  open(bytes: Bytes, options: OpenOptions): Promise<Trace>;
}
