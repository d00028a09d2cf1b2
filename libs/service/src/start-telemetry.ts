// Imported first by every main: instrumentation must be in place before what it instruments.
import { enableSpans } from './telemetry';

const wanted =
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined ||
  process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] !== undefined ||
  process.env['OTEL_TRACES_EXPORTER'] !== undefined;

let shutdown = async (): Promise<void> => undefined;

if (wanted && process.env['OTEL_SDK_DISABLED'] !== 'true') {
  // Loaded only when asked for: the SDK costs memory and start-up time.
  const { NodeSDK } =
    require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'fermata' });
  sdk.start();
  enableSpans();
  shutdown = () => sdk.shutdown();
}

/** Sends what was traced and not yet exported; an exporter that is down holds nothing up. */
export async function stopTelemetry(): Promise<void> {
  await shutdown().catch(() => undefined);
}
