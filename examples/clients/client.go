// Puts a job and waits for its end, with Go's standard library alone. Go 1.18 or newer.
//
//	QUEUE_URL=http://127.0.0.1:8080/v1/queues/fetches go run client.go first '{"job":"http.fetch","payload":{"url":"https://example.com/"}}'
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

var (
	queue  = os.Getenv("QUEUE_URL")
	apiKey = os.Getenv("API_KEY")
	client = &http.Client{Timeout: 75 * time.Second}
)

// ask sends a request, again and again while the queue is full or the service is away. Only for what may be sent twice.
func ask(ctx context.Context, method, target string, body []byte, headers map[string]string) ([]byte, http.Header, error) {
	pause := time.Second
	for {
		request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
		if err != nil {
			return nil, nil, err
		}
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		if body != nil {
			request.Header.Set("Content-Type", "application/json")
		}
		if apiKey != "" {
			request.Header.Set("Authorization", "Bearer "+apiKey)
		}
		wait := pause
		response, err := client.Do(request)
		if err != nil {
			// No connection, or no answer: the put may have arrived.
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			if pause *= 2; pause > 30*time.Second {
				pause = 30 * time.Second
			}
		} else {
			answer, readErr := io.ReadAll(response.Body)
			response.Body.Close()
			if readErr == nil && response.StatusCode < 300 {
				return answer, response.Header, nil
			}
			if readErr == nil {
				// 429: the queue is full. 503: Redis or the service is away. 409 with Retry-After: this very put is still being answered.
				seconds, noRetry := strconv.Atoi(response.Header.Get("Retry-After"))
				status := response.StatusCode
				if noRetry != nil || (status != 409 && status != 429 && status != 503) {
					return nil, nil, fmt.Errorf("%s: %s", response.Status, answer)
				}
				wait = time.Duration(seconds) * time.Second
			}
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// put puts a job. The key is what makes it safe to ask again: it names this put, and stays the same for each try.
func put(ctx context.Context, key string, job []byte) (string, error) {
	headers := map[string]string{"Idempotency-Key": key, "Prefer": "wait=5"}
	_, answered, err := ask(ctx, http.MethodPost, queue+"/jobs", job, headers)
	if err != nil {
		return "", err
	}
	base, err := url.Parse(queue)
	if err != nil {
		return "", err
	}
	location, err := base.Parse(answered.Get("Location"))
	if err != nil {
		return "", err
	}
	return location.String(), nil
}

// waitFor returns the job once it has ended: completed with its result, or dead with its failure.
func waitFor(ctx context.Context, location string) ([]byte, error) {
	for {
		answer, _, err := ask(ctx, http.MethodGet, location+"?wait=30", nil, nil)
		if err != nil {
			return nil, err
		}
		var job struct {
			EndedAt *int64 `json:"endedAt"`
		}
		if err := json.Unmarshal(answer, &job); err != nil {
			return nil, err
		}
		if job.EndedAt != nil {
			return answer, nil
		}
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	location, err := put(ctx, os.Args[1], []byte(os.Args[2]))
	if err == nil {
		var job []byte
		if job, err = waitFor(ctx, location); err == nil {
			fmt.Println(string(job))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
