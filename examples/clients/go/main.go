// Starts a run by a record on Kafka, waits for the answer on the log and prints it. Exits with 0
// when the run was started, and with 1 when it was refused or nobody answered.
//
//	go run . <tenant> <run> <workflow>@<version> <hash> <input> [id]
//
// Who repeats a command gives it the same id again: it is carried out once.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// How far before the end to begin: among so many records is one of the present owner's.
const lookBack = 1_000

const wait = 30 * time.Second

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

var (
	prefix   = setting("FERMATA_TOPIC_PREFIX", "fermata")
	commands = prefix + ".commands"
	logTopic = prefix + ".log"
)

// snippet: publish

// Command is a StartRun as a CloudEvent in structured mode: the whole event in the value.
type Command struct {
	SpecVersion   string    `json:"specversion"`
	ID            string    `json:"id"`
	Type          string    `json:"type"`
	Source        string    `json:"source"`
	Subject       string    `json:"subject"`
	Time          time.Time `json:"time"`
	Tenant        string    `json:"tenant"`
	Actor         string    `json:"actor"`
	CorrelationID string    `json:"correlationid"`
	Data          StartRun  `json:"data"`
}

// StartRun says what to start, and with which input.
type StartRun struct {
	Workflow Workflow        `json:"workflow"`
	Input    json.RawMessage `json:"input"`
}

// Workflow names a definition by the hash of its content.
type Workflow struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Hash    string `json:"hash"`
}

func newCommand(tenant, run, workflow, hash, input, id string) Command {
	name, version, _ := strings.Cut(workflow, "@")
	return Command{
		SpecVersion: "1.0", ID: id, Type: "fermata.run.start.v1", Source: "/orders",
		Subject: run, Time: time.Now(), Tenant: tenant, Actor: "service:orders",
		CorrelationID: "orders-" + id,
		Data:          StartRun{Workflow{name, version, hash}, json.RawMessage(input)},
	}
}

func send(ctx context.Context, client *kgo.Client, command Command) error {
	value, err := json.Marshal(command)
	if err != nil {
		return err
	}
	record := &kgo.Record{
		Topic:   commands,
		Key:     []byte(command.Tenant + "/" + command.Subject),
		Value:   value,
		Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/cloudevents+json")}},
	}
	return client.ProduceSync(ctx, record).FirstErr()
}

// end snippet

// snippet: answer

// Event is what an answer is read from.
type Event struct {
	Type          string `json:"type"`
	Subject       string `json:"subject"`
	Tenant        string `json:"tenant"`
	CausationID   string `json:"causationid"`
	CorrelationID string `json:"correlationid"`
	Data          Answer `json:"data"`
}

// Answer is what the data of an answer may say.
type Answer struct {
	Outcome string `json:"outcome,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Acceptance passes over what an owner wrote after it lost its partition, and what it wrote twice.
type Acceptance struct{ epoch, seq int64 }

func (a *Acceptance) accepts(fence string) bool {
	parts := strings.Split(fence, "/")
	epoch, _ := strconv.ParseInt(parts[0], 10, 64)
	isClaim := parts[1] == ""
	seq, _ := strconv.ParseInt(parts[1], 10, 64)
	if epoch < a.epoch || epoch == a.epoch && (isClaim || seq <= a.seq) {
		return false
	}
	if isClaim {
		seq = a.seq + 1
	}
	a.epoch, a.seq = epoch, seq
	return true
}

// answerIn gives the answer to our command, if this record of the log is it.
func answerIn(record *kgo.Record, acceptance *Acceptance, command Command) (*Event, error) {
	for _, header := range record.Headers {
		if header.Key == "fence" && !acceptance.accepts(string(header.Value)) {
			return nil, nil
		}
	}
	// Of the data of other events only the names of an answer would be read.
	var event struct {
		Event
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(record.Value, &event); err != nil {
		return nil, err
	}
	isOurs := event.Tenant == command.Tenant && event.CorrelationID == command.CorrelationID
	if !isOurs || event.CausationID != command.ID {
		return nil, nil
	}
	return &event.Event, json.Unmarshal(event.Data, &event.Event.Data)
}

// end snippet

// places says where to begin in each partition of the log: a little before its end.
func places(ctx context.Context, client *kgo.Client) (map[int32]kgo.Offset, error) {
	admin := kadm.NewClient(client)
	first, err := admin.ListStartOffsets(ctx, logTopic)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListEndOffsets(ctx, logTopic)
	if err != nil {
		return nil, err
	}
	from := map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		low, _ := first.Lookup(logTopic, end.Partition)
		from[end.Partition] = kgo.NewOffset().At(max(low.Offset, end.Offset-lookBack))
	})
	return from, nil
}

// hear reads until the answer comes, or it is too late.
func hear(ctx context.Context, client *kgo.Client, command Command) (*Event, error) {
	acceptances := map[int32]*Acceptance{}
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return &Event{Type: "none", Subject: command.Subject}, nil
		}
		for _, record := range fetches.Records() {
			acceptance, known := acceptances[record.Partition]
			if !known {
				acceptance = &Acceptance{}
				acceptances[record.Partition] = acceptance
			}
			if event, err := answerIn(record, acceptance, command); event != nil || err != nil {
				return event, err
			}
		}
	}
}

func run(args []string) (*Event, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	brokers := strings.Split(setting("KAFKA_BROKERS", "127.0.0.1:9092"), ",")
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	// Where to begin is asked before the command is sent: its answer lies behind.
	from, err := places(ctx, client)
	if err != nil {
		return nil, err
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{logTopic: from})
	command := newCommand(args[0], args[1], args[2], args[3], args[4], args[5])
	if err := send(ctx, client, command); err != nil {
		return nil, err
	}
	return hear(ctx, client, command)
}

func main() {
	args := os.Args[1:]
	for _, otherwise := range []string{"{}", uuid.NewString()}[max(0, min(2, len(args)-4)):] {
		args = append(args, otherwise)
	}
	event, err := run(args)
	if err != nil {
		log.Fatal(err)
	}
	told, _ := json.Marshal(struct {
		Type string `json:"type"`
		Run  string `json:"run"`
		Answer
	}{event.Type, event.Subject, event.Data})
	fmt.Println(string(told))
	isDuplicate := event.Type == "fermata.command.duplicated.v1"
	if event.Type != "fermata.run.started.v1" && !(isDuplicate && event.Data.Outcome == "accepted") {
		os.Exit(1)
	}
}
