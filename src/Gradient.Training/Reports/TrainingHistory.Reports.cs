using System.Text;

namespace Gradient.Training;

public sealed partial class TrainingHistory
{
    /// <summary>
    /// Writes a page to look at: curves of loss, metrics, learning rate, gradient norm, memory and throughput, the confusion matrix, a table
    /// of the epochs. One HTML file, light or dark as the reader's system is, that loads nothing from elsewhere. Curves of many records are
    /// thinned out to the least and the greatest value per column of pixels. Written to a temporary name and renamed.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveReport(string file)
    {
        byte[] html = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(HtmlReport.Of(this, DateTimeOffset.UtcNow));
        AtomicFile.Write(file, stream => stream.Write(html));
    }

    /// <summary>
    /// Writes a table in CSV (RFC 4180, UTF-8), a row per step at which something was measured. Columns: step, epoch (from 0), loss,
    /// learningRate, gradientNorm, lossScale, liveBytes, examplesPerSecond, elapsedSeconds; of epochs, in the row of their last step,
    /// train.loss, train.METRIC …, epochSeconds; of validations validation.loss, validation.METRIC …. Numbers have as many digits as give them back exactly;
    /// NaN, Infinity and -Infinity stand for themselves, an empty field for what was not measured. Written to a temporary name and renamed.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveCsv(string file) => AtomicFile.Write(file, stream => HistoryCsv.Write(stream, this));

    /// <summary>
    /// Writes JSON Lines (UTF-8): one object per line with a "type". First "about"; then, in the order of steps, "step", "validation" and
    /// "epoch"; then "confusion", if it was measured, and "end". Names are those of the CSV's columns, metrics an object by name. JSON has no NaN:
    /// "NaN", "Infinity" and "-Infinity" stand as strings; what was not measured is null. Written to a temporary name and renamed.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveJsonLines(string file) => AtomicFile.Write(file, stream => HistoryJsonLines.Write(stream, this));
}
