// Runs a Node program with a Kafka of its own in KAFKA_BROKERS, and ends as it does.
//   node tools/kafka/with-broker.cjs program.js …
const { spawn } = require('node:child_process');
const { startKafka } = require('./broker.cjs');

async function main() {
  const kafka = await startKafka();
  const env = { ...process.env, KAFKA_BROKERS: kafka.brokers };
  const child = spawn(process.execPath, process.argv.slice(2), { env, stdio: 'inherit' });
  // Ctrl-C is the program's; its end is ours.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  await kafka.stop();
  process.exit(code ?? 1);
}

main().catch((error) => {
  process.stderr.write(`Kafka did not start: ${error.message}\n`);
  process.exit(1);
});
