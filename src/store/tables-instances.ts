/** Who delivers a connection: only its holder claims accounts and calls the vendor. */
export interface LeasesTable {
  connection_id: string;
  /** Of `instances`; null: free. */
  holder: string | null;
  /** Raised at every change of the holder: claims of lower ones are in doubt. */
  epoch: number;
  /** A pause that the vendor asked for, ms, and until when (epoch ms). */
  pause_ms: number | null;
  pause_until: number | null;
}

/** The servers that share this store; one that stops beating is removed by another. */
export interface InstancesTable {
  id: string;
  /** Host name and process id, for the operator. */
  host: string;
  /** PostgreSQL's `application_name` of its connections; null: SQLite. */
  session: string | null;
  beat: number;
  /** Epoch ms. */
  started_at: number;
}
