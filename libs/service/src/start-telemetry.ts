// Imported first by every main: instrumentation must be in place before what it instruments.
import { enableSpans } from './telemetry';

// Before anything else is loaded: on an older Node that fails, and does not say why.
const NODE_MIN = 22;
if (Number(process.versions.node.split('.')[0]) < NODE_MIN) {
  const found = `expected Node ${NODE_MIN} or later, found ${process.version}`;
  process.stderr.write(`${found}; run it by "npx node …", which takes the repository's own\n`);
  process.exit(1);
}

const tracesWanted =
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined ||
  process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] !== undefined ||
  process.env['OTEL_TRACES_EXPORTER'] !== undefined;
const metricsWanted =
  process.env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] !== undefined ||
  process.env['OTEL_METRICS_EXPORTER'] !== undefined;

let shutdown = async (): Promise<void> => undefined;

if ((tracesWanted || metricsWanted) && process.env['OTEL_SDK_DISABLED'] !== 'true') {
  // Whoever asks for metrics alone has nobody who takes spans.
  if (!tracesWanted) process.env['OTEL_TRACES_EXPORTER'] = 'none';
  // Loaded only when asked for: the SDK costs memory and start-up time.
  const { NodeSDK } =
    require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'fermata' });
  sdk.start();
  if (tracesWanted) enableSpans();
  shutdown = () => sdk.shutdown();
}

/** Sends what was traced and not yet exported; an exporter that is down holds nothing up. */
export async function stopTelemetry(): Promise<void> {
  await shutdown().catch(() => undefined);
}
