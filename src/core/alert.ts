/** What an operator is called for. Each is a log line with this word as `alert`, and counted in the metrics (docs/delivery, "Alerts"). */
export const ALERTS = [
  'credential',
  'held',
  'instance-silent',
  'list-failed',
  'newer-version',
  'short-list',
  'vendor-down',
] as const;
