import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Starts a run by a record on Kafka, waits for the answer on the log and prints it. Exits with 0
 * when the run was started, and with 1 when it was refused or nobody answered.
 *
 * <p>java -cp 'jars/*' StartRun.java &lt;tenant&gt; &lt;run&gt; &lt;workflow&gt;@&lt;version&gt;
 * &lt;hash&gt; &lt;input&gt; [id]
 *
 * <p>Who repeats a command gives it the same id again: it is carried out once.
 */
public class StartRun {
  static final String PREFIX = System.getenv().getOrDefault("FERMATA_TOPIC_PREFIX", "fermata");
  static final String COMMANDS = PREFIX + ".commands";
  static final String LOG = PREFIX + ".log";

  /** How far before the end to begin: among so many records is one of the present owner's. */
  static final long LOOK_BACK = 1_000;

  static final Duration WAIT = Duration.ofSeconds(30);
  static final ObjectMapper JSON = new ObjectMapper();

  // snippet: publish
  /** A StartRun as a CloudEvent in binary mode: attributes in headers, the data in the value. */
  static ProducerRecord<String, String> command(
      String id, String tenant, String run, String workflow, String hash, JsonNode input) {
    ObjectNode data = JSON.createObjectNode();
    String[] named = workflow.split("@");
    data.putObject("workflow").put("name", named[0]).put("version", named[1]).put("hash", hash);
    data.set("input", input);
    var record = new ProducerRecord<>(COMMANDS, tenant + "/" + run, data.toString());
    Map.of(
            "ce_specversion", "1.0",
            "ce_id", id,
            "ce_type", "fermata.run.start.v1",
            "ce_source", "/orders",
            "ce_subject", run,
            "ce_time", Instant.now().toString(),
            "ce_tenant", tenant,
            "ce_actor", "service:orders",
            "ce_correlationid", "orders-" + id,
            "content-type", "application/json")
        .forEach((name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    return record;
  }

  // end snippet

  // snippet: answer
  /** Passes over what an owner wrote after it lost its partition, and what it wrote twice. */
  static class Acceptance {
    private long epoch = 0;
    private long seq = 0;

    boolean accepts(String fence) {
      String[] parts = fence.split("/", -1);
      long itsEpoch = Long.parseLong(parts[0]);
      boolean isClaim = parts[1].isEmpty();
      if (itsEpoch < epoch) return false;
      if (itsEpoch == epoch && (isClaim || Long.parseLong(parts[1]) <= seq)) return false;
      epoch = itsEpoch;
      seq = isClaim ? seq + 1 : Long.parseLong(parts[1]);
      return true;
    }
  }

  /** The answer to our command, if this record of the log is it; else null. */
  static JsonNode answerIn(
      ConsumerRecord<String, String> record, Acceptance acceptance, String tenant, String id)
      throws Exception {
    byte[] fence = record.headers().lastHeader("fence").value();
    if (!acceptance.accepts(new String(fence, StandardCharsets.UTF_8))) return null;
    JsonNode event = JSON.readTree(record.value());
    boolean isOurs =
        event.path("tenant").asText().equals(tenant)
            && event.path("correlationid").asText().equals("orders-" + id)
            && event.path("causationid").asText().equals(id);
    return isOurs ? event : null;
  }

  // end snippet

  /** Reads each partition of the log from a little before its end, in no group. */
  static KafkaConsumer<String, String> reader(Map<String, Object> settings) {
    var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    List<TopicPartition> all = new ArrayList<>();
    for (PartitionInfo one : consumer.partitionsFor(LOG)) {
      all.add(new TopicPartition(LOG, one.partition()));
    }
    consumer.assign(all);
    Map<TopicPartition, Long> first = consumer.beginningOffsets(all);
    consumer
        .endOffsets(all)
        .forEach((one, end) -> consumer.seek(one, Math.max(first.get(one), end - LOOK_BACK)));
    return consumer;
  }

  /** Reads until the answer comes, or it is too late. */
  static JsonNode hear(KafkaConsumer<String, String> consumer, String tenant, String id)
      throws Exception {
    Map<Integer, Acceptance> acceptances = new HashMap<>();
    Instant giveUpAt = Instant.now().plus(WAIT);
    while (Instant.now().isBefore(giveUpAt)) {
      for (var record : consumer.poll(Duration.ofSeconds(1))) {
        var acceptance = acceptances.computeIfAbsent(record.partition(), at -> new Acceptance());
        JsonNode answer = answerIn(record, acceptance, tenant, id);
        if (answer != null) return answer;
      }
    }
    return JSON.createObjectNode().put("type", "none");
  }

  public static void main(String[] args) throws Exception {
    String brokers = System.getenv().getOrDefault("KAFKA_BROKERS", "127.0.0.1:9092");
    Map<String, Object> settings = Map.of("bootstrap.servers", brokers);
    String id = args.length > 5 ? args[5] : UUID.randomUUID().toString();
    JsonNode input = JSON.readTree(args.length > 4 ? args[4] : "{}");
    JsonNode answer;
    // Where to begin is asked before the command is sent: its answer lies behind.
    try (var consumer = reader(settings);
        var producer =
            new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(command(id, args[0], args[1], args[2], args[3], input)).get();
      answer = hear(consumer, args[0], id);
    }
    String type = answer.path("type").asText();
    JsonNode data = answer.path("data");
    ObjectNode told = JSON.createObjectNode().put("type", type);
    told.put("run", answer.path("subject").asText(args[1]));
    for (String name : List.of("outcome", "code", "message")) {
      if (data.has(name)) told.put(name, data.get(name).asText());
    }
    System.out.println(told);
    boolean isStarted =
        type.equals("fermata.run.started.v1")
            || type.equals("fermata.command.duplicated.v1")
                && data.path("outcome").asText().equals("accepted");
    System.exit(isStarted ? 0 : 1);
  }
}
