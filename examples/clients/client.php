<?php
// Puts a job and waits for its end, with PHP and its curl extension alone.
//
//   QUEUE_URL=http://127.0.0.1:8080/v1/queues/fetches php client.php first '{"job":"http.fetch","payload":{"url":"https://example.com/"}}'

declare(strict_types=1);

const GIVE_UP_AFTER = 300; // seconds

/**
 * One request, again and again while the queue is full or the service is away. Only for what may be sent twice.
 *
 * @param list<string> $headers
 * @return array{string, array<string, string>} the body and the headers of the answer
 */
function ask(string $url, ?string $body = null, array $headers = []): array
{
    $key = getenv('API_KEY');
    if ($key !== false && $key !== '') {
        $headers[] = "Authorization: Bearer $key";
    }
    if ($body !== null) {
        $headers[] = 'Content-Type: application/json';
    }
    $giveUpAt = microtime(true) + GIVE_UP_AFTER;
    $pause = 1;
    while (true) {
        $answered = [];
        $curl = curl_init($url);
        curl_setopt_array($curl, [
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 75,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$answered): int {
                $parts = explode(':', $line, 2);
                if (count($parts) === 2) {
                    $answered[strtolower(trim($parts[0]))] = trim($parts[1]);
                }
                return strlen($line);
            },
        ] + ($body === null ? [] : [CURLOPT_POSTFIELDS => $body]));
        $answer = curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if ($answer === false) { // no connection, or no answer: the put may have arrived
            $wait = $pause;
            $pause = min(2 * $pause, 30);
        } elseif ($status < 300) {
            return [$answer, $answered];
        } else {
            // 429: the queue is full. 503: Redis or the service is away. 409 with Retry-After: this very put is still being answered.
            if (!in_array($status, [409, 429, 503], true) || !isset($answered['retry-after'])) {
                throw new RuntimeException("$status $answer");
            }
            $wait = (int) $answered['retry-after'];
        }
        if (microtime(true) + $wait > $giveUpAt) {
            throw new RuntimeException("no answer from $url within " . GIVE_UP_AFTER . ' s');
        }
        sleep($wait);
    }
}

/** Puts a job. The key is what makes it safe to ask again: it names this put, and stays the same for each try. @return string where it is */
function put(string $key, string $job): string
{
    $queue = getenv('QUEUE_URL');
    [, $headers] = ask("$queue/jobs", $job, ["Idempotency-Key: $key", 'Prefer: wait=5']);
    $origin = preg_replace('#^([a-z]+://[^/]+).*#', '$1', $queue);
    return $origin . $headers['location'];
}

/** The job as JSON, once it has ended: completed with its result, or dead with its failure. */
function waitFor(string $location): string
{
    do {
        [$job] = ask("$location?wait=30");
    } while (json_decode($job, true)['endedAt'] === null);
    return $job;
}

echo waitFor(put($argv[1], $argv[2])), "\n";
