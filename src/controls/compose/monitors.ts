import type { Program } from './roles.ts';
import type { ServiceView } from './stack-view.ts';

/** Programs whose own manual asks for the host's folders, read-only, to measure or collect them. */
const monitors = new Set<Program>([
  'node-exporter',
  'cadvisor',
  'promtail',
  'crowdsec',
  'prometheus',
]);
const monitorPaths =
  /(^|\/)(node[-_]exporter|cadvisor|promtail|crowdsec|prometheus|alloy|telegraf|filebeat|metricbeat|fluent-?bit|fluentd|vector|datadog\/agent|netdata|glances|beszel-agent|scrutiny|opentelemetry-collector[^/]*|dozzle|beszel|grafana-agent)$/;

/** True for a program that reads the host in order to measure it, known by its image. */
export function isMonitor({ program, image }: ServiceView): boolean {
  return (
    (program !== undefined && monitors.has(program)) || monitorPaths.test(image.path.toLowerCase())
  );
}
