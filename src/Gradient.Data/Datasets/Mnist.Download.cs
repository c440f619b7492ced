using System.Security.Cryptography;

namespace Gradient.Data;

public static partial class Mnist
{
    /// <summary>Where the files are looked for, in order.</summary>
    private static readonly Uri[] Mirrors =
    [
        new("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        new("https://storage.googleapis.com/cvdf-datasets/mnist/"),
    ];

    private static readonly (string Name, int Bytes, string Sha256)[] Files =
    [
        ("train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        ("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ("t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        ("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ];

    /// <summary>
    /// Gets those of the four files that a folder lacks (11.6 MB in all) from public mirrors. A file appears only whole and with the
    /// right SHA-256 sum. Without a network this fails within seconds.
    /// </summary>
    /// <param name="directory">Where to; made if missing.</param>
    /// <param name="handler">What carries the requests; the system's network if null.</param>
    /// <param name="patience">How long a mirror may take to answer, and then from one piece of data to the next; 10 seconds if null.</param>
    /// <param name="cancellation">Stops the download.</param>
    /// <exception cref="IOException">No mirror gave a file; the message says what happened at each.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task DownloadAsync(
        string directory, HttpMessageHandler? handler = null, TimeSpan? patience = null, CancellationToken cancellation = default)
    {
        var wait = patience ?? TimeSpan.FromSeconds(10);
        using var own = handler is null ? new SocketsHttpHandler { ConnectTimeout = wait } : null;
        using var client = new HttpClient(handler ?? own!, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        int first = 0; // a mirror that failed is not asked again before the others
        foreach (var (name, bytes, sha256) in Files)
        {
            if (Find(directory, Path.GetFileNameWithoutExtension(name)) is not null) continue;
            var failures = new List<string>();
            byte[]? content = null;
            for (int i = 0; i < Mirrors.Length && content is null; i++)
            {
                var address = new Uri(Mirrors[(first + i) % Mirrors.Length], name);
                try
                {
                    content = await GetAsync(client, address, bytes, sha256, wait, cancellation).ConfigureAwait(false);
                    first = (first + i) % Mirrors.Length;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or CorruptFileException or TimeoutException)
                {
                    failures.Add($"{address}: {e.Message}");
                }
            }

            if (content is null)
                throw new IOException($"MNIST could not be downloaded. {string.Join("; ", failures)}. Put the four files into '{directory}' by hand.");
            AtomicFile.Write(Path.Combine(directory, name), stream => stream.Write(content));
        }
    }

    /// <summary><see cref="DownloadAsync"/>, waited for.</summary>
    /// <exception cref="IOException">No mirror gave a file; the message says what happened at each.</exception>
    public static void Download(string directory) => Task.Run(() => DownloadAsync(directory)).GetAwaiter().GetResult();

    /// <summary>A file of known size and sum, whole; never more than its size is taken in.</summary>
    private static async Task<byte[]> GetAsync(
        HttpClient client, Uri address, int bytes, string sha256, TimeSpan wait, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            patience.CancelAfter(wait);
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            using var body = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
            var content = new byte[bytes + 1]; // one more, to notice a file that is too long
            int filled = 0;
            while (filled < content.Length)
            {
                patience.CancelAfter(wait);
                int read = await body.ReadAsync(content.AsMemory(filled), patience.Token).ConfigureAwait(false);
                if (read == 0) break;
                filled += read;
            }

            if (filled != bytes) throw new CorruptFileException($"{(filled > bytes ? "more than" : filled)} bytes instead of {bytes}");
            string sum = Convert.ToHexStringLower(SHA256.HashData(content.AsSpan(0, bytes)));
            if (sum != sha256) throw new CorruptFileException($"SHA-256 {sum} instead of {sha256}");
            return content[..bytes];
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {wait.TotalSeconds:0.#} s", e);
        }
    }
}
