import { openLog } from './open-log';

describe('the settings of a log', () => {
  it.each(['nonsense', 'a:b:c', 'localhost:9092,other', 'http://localhost:9092'])(
    'refuses %s as brokers, and names the setting',
    async (brokers) => {
      const opened = openLog('test', { KAFKA_BROKERS: brokers });
      await expect(opened).rejects.toThrow(/expected host:port, .*in KAFKA_BROKERS, found "/);
    },
  );

  it('refuses a switch that is neither on nor off', async () => {
    const env = { KAFKA_BROKERS: 'localhost:1', KAFKA_SSL: 'yes' };
    const expected = 'expected true or false in KAFKA_SSL, found "yes"; correct it';
    await expect(openLog('test', env)).rejects.toThrow(expected);
  });

  it('tells which broker did not answer, and what to look at', async () => {
    const opened = openLog('test', { KAFKA_BROKERS: '127.0.0.1:1' });
    const expected = /KAFKA_BROKERS=127\.0\.0\.1:1 to let us in, found: .*ECONNREFUSED.*; start it/;
    await expect(opened).rejects.toThrow(expected);
  }, 60_000);
});
