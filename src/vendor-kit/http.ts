/** One HTTP call to a vendor, relative to the connection's base URL. */
export interface VendorRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the base URL; starts with `/`; already percent-encoded. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** True if the call can change something at the vendor: its failures may then be UNCERTAIN. */
  effect: boolean;
}

export interface VendorReply {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

/** What was seen of one call, for metrics and history; no headers, no bodies. */
export interface VendorCall {
  method: string;
  path: string;
  status: number | null;
  startedAt: number;
  durationMs: number;
}

/** Sends requests of one connection. Any status is an answer; only transport failures throw (`VendorError`). */
export interface VendorHttp {
  send(request: VendorRequest): Promise<VendorReply>;
  /** Wall time in epoch ms: what Retry-After counts from and signatures are made with. */
  now(): number;
}
