/** One HTTP call to a vendor, relative to the connection's base URL. */
export interface VendorRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the base URL; starts with `/`; already percent-encoded. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** True if the call can change something at the vendor: its failures may then be UNCERTAIN. */
  effect: boolean;
  /** What messages and logs call it where its path holds what nobody may see (a signature). */
  shownAs?: string;
}

/** The call in messages: method and path without query, or `shownAs`. */
export function nameCall(request: Pick<VendorRequest, 'method' | 'path' | 'shownAs'>): string {
  return request.shownAs ?? `${request.method} ${request.path.split('?')[0]}`;
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
