/** What a measured server process is asked, over Node's IPC channel. */
export type Question = { ask: 'usage' } | { ask: 'start-profile' } | { ask: 'stop-profile'; file: string };

/** All threads of the process, since its start. */
export interface Usage {
  cpuMs: number;
  rssBytes: number;
  peakRssBytes: number;
}

/** What the load process needs to know to send one row's requests. */
export interface Order {
  row: string;
  /** The SCIM base URL, no slash at the end. */
  base: string;
  token: string;
  /** Users in the directory, as it was filled. */
  size: number;
  /** Requests under way at a time. */
  connections: number;
  /** No iteration begins after this long … */
  ms: number;
  /** … or after this many. */
  iterations: number;
}

export interface Sample {
  requests: number;
  ms: number;
  p50Ms: number;
  p99Ms: number;
  /** The first answer that was not the expected one. */
  failure: string | null;
}
